-- One row per reading and limit of its point that it exceeds, with the reading that came next.
-- Of the registers it knows only when they changed (touched_readings), which dbt cannot see:
-- depends_on: {{ ref('stg_station') }}, {{ ref('stg_flood_threshold') }}, {{ ref('stg_reservoir_threshold') }}
-- depends_on: {{ ref('stg_sensor') }}, {{ ref('stg_equipment_point') }}
{{
    config(
        materialized='kept_table',
        partial=true,
        touched='touched_readings',
        replaces=['feed_id', 'point_code', 'variable', 'event_at'],
        unique_key=['feed_id', 'point_code', 'variable', 'limit_name', 'event_at'],
    )
}}

with

observations as (

    select * from {{ ref('stg_observation') }}

),

limits as (

    select * from {{ ref('int_alarm__limit') }}

),

{% if is_partial() %}
touched as (

    {{ touched_readings() }}

),

{% endif %}
exceeding as (

    select
        observations.feed_id,
        observations.station_code as point_code,
        observations.variable,
        limits.limit_name,
        observations.event_at,
        observations.value,
        observations.unit,
        observations.owner_code,
        limits.threshold,
        limits.comparison,
        limits.limit_type,
        limits.level,
        observations.landed_at,
        observations.batch_id
    from observations
    {% if is_partial() %}
        inner join touched
            on
                observations.feed_id = touched.feed_id
                and observations.station_code = touched.point_code
                and observations.variable = touched.variable
                and observations.event_at = touched.event_at
    {% endif %}
    inner join limits
        on
            observations.feed_id = limits.feed_id
            and observations.station_code = limits.point_code
            and (
                observations.variable = limits.variable
                or (limits.variable is null and observations.unit = limits.unit)
            )
            and observations.event_at >= limits.valid_from
            and observations.event_at < limits.valid_to
    where
        {{ is_evidence('observations.status_flags') }}
        and case limits.comparison
            when '>' then observations.value > limits.threshold
            when '>=' then observations.value >= limits.threshold
            when '<' then observations.value < limits.threshold
            when '<=' then observations.value <= limits.threshold
        end

),

final as (

    select
        exceeding.feed_id,
        exceeding.point_code,
        exceeding.variable,
        exceeding.limit_name,
        exceeding.event_at,
        exceeding.value,
        exceeding.unit,
        exceeding.owner_code,
        exceeding.threshold,
        exceeding.comparison,
        exceeding.limit_type,
        exceeding.level,
        later.event_at as next_at,
        exceeding.landed_at,
        exceeding.batch_id
    from exceeding
    left join lateral (
        select observations.event_at
        from observations
        where
            exceeding.feed_id = observations.feed_id
            and exceeding.point_code = observations.station_code
            and exceeding.variable = observations.variable
            and exceeding.event_at < observations.event_at
            and observations.value is not null
            and {{ is_evidence('observations.status_flags') }}
        order by observations.event_at
        limit 1
    ) as later on true

)

select * from final
