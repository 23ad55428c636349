{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'alarm_type', 'started_at'],
        indexes=[{'columns': ['started_at']}, {'columns': ['credit_code']}],
    )
}}

with

told as (

    select * from {{ ref('stg_alarm') }}

),

derived as (

    select * from {{ ref('int_alarm__derived') }}

),

points as (

    select * from {{ ref('dim_monitoring_point') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

owners as (

    select
        mine_code as owner_code,
        min(credit_code) as credit_code
    from enterprises
    where mine_code is not null
    group by mine_code
    having count(distinct credit_code) = 1

    union

    select
        credit_code as owner_code,
        credit_code
    from enterprises

),

episodes as (

    select
        feed_id,
        point_code,
        alarm_type,
        started_at,
        ended_at,
        coalesce(level, 'unknown') as level,
        limit_type,
        variable,
        value as peak_value,
        null::double precision as threshold,
        unit,
        location,
        reason,
        measure,
        is_confirmed,
        acknowledged_at,
        owner_code,
        'source' as origin,
        landed_at,
        batch_id
    from told

    union all

    -- what the source told itself is not told again
    select
        feed_id,
        point_code,
        alarm_type,
        started_at,
        ended_at,
        level,
        limit_type,
        variable,
        peak_value,
        threshold,
        unit,
        null as location,
        null as reason,
        null as measure,
        null as is_confirmed,
        null as acknowledged_at,
        owner_code,
        'derived' as origin,
        landed_at,
        batch_id
    from derived
    where not exists (
        select 1 from told
        where
            derived.feed_id = told.feed_id
            and derived.point_code = told.point_code
            and (told.variable is null or derived.variable = told.variable)
            and told.started_at < coalesce(derived.ended_at, {{ forever() }})
            and coalesce(told.ended_at, {{ forever() }}) > derived.started_at
    )

),

placed as (

    select
        episodes.*,
        coalesce(episodes.owner_code, point.owner_code) as owner,
        point.point_name,
        point.region_code
    from episodes
    left join lateral (
        -- the definition of then, else the oldest that we know
        select
            points.owner_code,
            points.point_name,
            points.region_code
        from points
        where
            episodes.feed_id = points.feed_id
            and episodes.point_code = points.point_code
            and episodes.started_at < points.valid_to
        order by points.valid_from
        limit 1
    ) as point on true

),

final as (

    select
        ---------- ids
        placed.feed_id,
        placed.point_code,
        placed.alarm_type,
        placed.started_at,
        placed.owner as owner_code,
        owners.credit_code,
        placed.region_code,

        ---------- attributes
        placed.origin,
        placed.level,
        placed.limit_type,
        placed.variable,
        placed.peak_value,
        placed.threshold,
        placed.unit,
        coalesce(placed.location, placed.point_name) as location,
        placed.reason,
        placed.measure,
        placed.is_confirmed,

        ---------- clocks
        placed.ended_at,
        placed.acknowledged_at,
        placed.landed_at,
        placed.batch_id
    from placed
    left join owners on placed.owner = owners.owner_code

)

select * from final
