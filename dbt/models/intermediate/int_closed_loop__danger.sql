-- One row per hidden danger that its source has not withdrawn: found, registered, rectified (or mended on the spot),
-- accepted and struck off.
with

dangers as (

    select * from {{ ref('stg_hidden_danger') }}
    where not is_deleted

),

disposals as (

    select
        feed_id,
        danger_code,
        min(disposed_at) as disposed_at
    from {{ ref('stg_spot_disposal') }}
    group by feed_id, danger_code

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

final as (

    select
        'hidden_danger' as loop_kind,
        concat_ws('|', dangers.feed_id, dangers.danger_code) as loop_key,
        dangers.feed_id,
        coalesce(by_enterprise.credit_code, by_mine.credit_code) as credit_code,
        dangers.danger_code as object_code,
        null::text as region_code,
        coalesce(dangers.danger_name, dangers.category) as subject,
        dangers.danger_level as grade,
        coalesce(dangers.found_at, dangers.registered_at) as opened_at,
        dangers.registered_at as responded_at,
        coalesce(dangers.rectified_at, disposals.disposed_at) as disposed_at,
        coalesce(
            dangers.closed_at, case when dangers.state = 'closed' then dangers.accepted_at end
        ) as closed_at,
        null::timestamptz as ended_at,
        null::timestamptz as respond_due_at,
        null::timestamptz as dispose_due_at,
        dangers.deadline_at,
        'known' as evidence
    from dangers
    left join disposals
        on
            dangers.feed_id = disposals.feed_id
            and dangers.danger_code = disposals.danger_code
    left join aliases as by_enterprise on dangers.enterprise_code = by_enterprise.code
    left join aliases as by_mine on dangers.mine_code = by_mine.code

)

select * from final
