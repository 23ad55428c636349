{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'alarm_type', 'started_at'],
        indexes=[{'columns': ['started_at']}, {'columns': ['credit_code']}],
    )
}}

with

told as (

    select * from {{ ref('int_alarm__told') }}

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

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

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
        n_told,
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
        0 as n_told,
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
        point.credit_code as point_credit_code,
        point.point_name,
        point.region_code
    from episodes
    left join lateral (
        -- the definition of then, else the oldest that we know
        select
            points.owner_code,
            points.credit_code,
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

named as (

    select
        placed.*,
        coalesce(aliases.credit_code, placed.point_credit_code) as credit_code
    from placed
    left join aliases on placed.owner = aliases.code

),

final as (

    select
        ---------- ids
        named.feed_id,
        named.point_code,
        named.alarm_type,
        named.started_at,
        named.owner as owner_code,
        named.credit_code,
        coalesce(named.region_code, enterprises.region_code) as region_code,

        ---------- attributes
        named.origin,
        named.level,
        named.limit_type,
        named.variable,
        named.peak_value,
        named.threshold,
        named.unit,
        coalesce(named.location, named.point_name) as location,
        named.reason,
        named.measure,
        named.is_confirmed,
        named.n_told,

        ---------- clocks
        named.ended_at,
        named.acknowledged_at,
        named.landed_at,
        named.batch_id
    from named
    left join enterprises on named.credit_code = enterprises.credit_code

)

select * from final
