-- One row per finding of image recognition that nobody called false: found, confirmed by a person, handled.
with

findings as (

    select * from {{ ref('stg_ai_finding') }}
    where is_confirmed is distinct from false

),

cameras as (

    select
        camera_code,
        min(enterprise_code) as enterprise_code
    from {{ ref('stg_camera') }}
    group by camera_code

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

final as (

    select
        'video_finding' as loop_kind,
        concat_ws('|', findings.feed_id, findings.finding_code) as loop_key,
        findings.feed_id,
        aliases.credit_code,
        findings.camera_code as object_code,
        null::text as region_code,
        findings.finding_type as subject,
        findings.level as grade,
        findings.found_at as opened_at,
        case when findings.is_confirmed then findings.confirmed_at end as responded_at,
        findings.handled_at as disposed_at,
        findings.handled_at as closed_at,
        null::timestamptz as ended_at,
        null::timestamptz as respond_due_at,
        null::timestamptz as dispose_due_at,
        null::timestamptz as deadline_at,
        'known' as evidence
    from findings
    left join cameras on findings.camera_code = cameras.camera_code
    left join aliases on coalesce(findings.enterprise_code, cameras.enterprise_code) = aliases.code

)

select * from final
