-- One row per drill and feed.
with

drills as (

    select * from {{ ref('stg_drill') }}

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
        drills.feed_id,
        drills.drill_code,
        drills.plan_code,
        enterprises.credit_code,
        drills.enterprise_code,
        coalesce(drills.region_code, enterprises.region_code) as region_code,

        ---------- attributes
        drills.drill_name,
        drills.drill_type,
        drills.organiser,
        drills.enterprise_code is not null as is_of_enterprise,
        drills.participants,
        drills.evaluation,
        nullif(trim(drills.evaluation), '') is not null as is_evaluated,
        drills.duration_min,
        lag(drills.duration_min) over before as previous_duration_min,
        lag(drills.duration_min) over before - drills.duration_min as faster_by_min,

        ---------- clocks
        drills.held_at,
        extract(year from {{ local_day('drills.held_at') }})::integer as year,
        drills.held_at <= {{ as_of() }} as is_held,
        {{ as_of() }} as as_of,

        ---------- origin
        drills.batch_id
    from drills
    left join aliases on drills.enterprise_code = aliases.code
    left join enterprises on aliases.credit_code = enterprises.credit_code
    window
        before as (
            partition by coalesce(drills.enterprise_code, drills.organiser), drills.drill_type
            order by drills.held_at, drills.feed_id, drills.drill_code
        )

)

select * from final
