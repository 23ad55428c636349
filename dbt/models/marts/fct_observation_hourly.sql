-- One row per feed, point, variable and hour in which it said anything.
{{
    config(
        materialized='kept_table',
        partial=true,
        touched='touched_hours',
        replaces=['feed_id', 'point_code', 'variable', 'hour_at'],
        unique_key=['feed_id', 'point_code', 'variable', 'hour_at'],
        indexes=[{'columns': ['hour_at']}],
    )
}}

with

observations as (

    select * from {{ ref('stg_observation') }}

),

{% if is_partial() %}
touched as (

    {{ touched_hours() }}

),

{% endif %}
in_hours as (

    select
        observations.*,
        {{ hour_of('observations.event_at', 'observations.interval_h') }} as hour_at,
        observations.value is not null and {{ is_evidence('observations.status_flags') }} as is_reading
    from observations
    {% if is_partial() %}
        inner join touched
            on
                observations.feed_id = touched.feed_id
                and observations.station_code = touched.point_code
                and observations.variable = touched.variable
                and observations.event_at between touched.hour_at and touched.hour_at + interval '1 hour'
                and {{ hour_of('observations.event_at', 'observations.interval_h') }} = touched.hour_at
    {% endif %}

),

compared as (

    select
        *,
        -- amounts of intervals that overlap, or that are longer than the hour, cannot be added up
        is_reading and (
            interval_h > 1
            or event_at - make_interval(secs => 3600 * interval_h * 0.99) < lag(event_at) over (
                partition by feed_id, station_code, variable, hour_at, is_reading, interval_h is null
                order by event_at
            )
        ) as is_overlapping
    from in_hours

),

hours as (

    -- numeric: sums of floating-point numbers depend on their order
    select
        feed_id,
        station_code as point_code,
        variable,
        hour_at,
        count(*) as n_records,
        count(*) filter (where is_reading) as n_readings,
        count(*) filter (where not {{ is_evidence('status_flags') }}) as n_flagged,
        count(*) filter (where value is null and {{ is_evidence('status_flags') }}) as n_without_number,
        count(*) filter (where is_reading and quality_flags <> '{}') as n_doubtful,
        min(value) filter (where is_reading) as min_value,
        max(value) filter (where is_reading) as max_value,
        avg(value::numeric) filter (where is_reading) as mean_value,
        (array_agg(value order by event_at) filter (where is_reading))[1] as first_value,
        (array_agg(value order by event_at desc) filter (where is_reading))[1] as last_value,
        sum(value::numeric) filter (where is_reading and interval_h is not null) as amount,
        sum(interval_h::numeric) filter (where is_reading and interval_h is not null) as amount_h,
        coalesce(bool_or(is_overlapping), false) as has_overlap,
        case when count(distinct unit) = 1 then min(unit) end as unit,
        min(event_at) as first_event_at,
        max(event_at) as last_event_at,
        min(owner_code) as owner_code
    from compared
    group by feed_id, station_code, variable, hour_at

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        variable,
        hour_at,
        owner_code,

        ---------- counts
        n_records::integer as n_records,
        n_readings::integer as n_readings,
        n_flagged::integer as n_flagged,
        n_without_number::integer as n_without_number,
        n_doubtful::integer as n_doubtful,

        ---------- values
        unit,
        min_value,
        max_value,
        -- the mean of 350 and 10 degrees of a compass is not 180
        case
            when variable not like '%direction%' and variable not like '%azimuth%' then mean_value::double precision
        end as mean_value,
        first_value,
        last_value,
        case when not has_overlap then amount::double precision end as amount,
        case when not has_overlap then round(amount_h, 4)::double precision end as amount_h,

        ---------- clocks
        first_event_at,
        last_event_at
    from hours

)

select * from final
