-- One row per finding of recognition.
with

findings as (

    select * from {{ ref('stg_ai_finding') }}

),

cameras as (

    select * from {{ ref('stg_camera') }}

),

-- a camera that two feeds know speaks with its newest entry
known as (

    select distinct on (camera_code) * from cameras
    order by camera_code, updated_at desc nulls last, feed_id

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

final as (

    select
        ---------- ids
        findings.feed_id,
        findings.finding_code,
        findings.camera_code,
        enterprises.credit_code,
        enterprises.mine_code,
        coalesce(known.region_code, enterprises.region_code) as region_code,

        ---------- attributes
        known.camera_code is not null as is_camera_known,
        known.camera_name,
        findings.finding_type,
        findings.level,
        findings.confidence,
        findings.is_confirmed,
        findings.measure,
        findings.handled_at is not null as is_handled,
        case
            when findings.confirmed_at >= findings.found_at
                then extract(epoch from findings.confirmed_at - findings.found_at)::double precision / 60
        end as confirmed_after_min,
        case
            when findings.handled_at >= findings.found_at
                then extract(epoch from findings.handled_at - findings.found_at)::double precision / 60
        end as handled_after_min,

        ---------- clocks
        findings.found_at,
        findings.confirmed_at,
        findings.handled_at,

        ---------- origin
        findings.batch_id
    from findings
    left join known on findings.camera_code = known.camera_code
    left join aliases on coalesce(findings.enterprise_code, known.enterprise_code) = aliases.code
    left join enterprises on aliases.credit_code = enterprises.credit_code

)

select * from final
