{# The value is evidence: not taken under calibration (4), substation fault (16), not polled (32), paused (64) or sensor
   fault (128), by the source's own word. Over range (8) stays: it is evidence of something. #}
{% macro is_evidence(status_flags) -%}
    coalesce({{ status_flags }}, 0) & (4 | 16 | 32 | 64 | 128) = 0
{%- endmacro %}


{# The source itself says that the value is over the range of its sensor. #}
{% macro is_over_range(status_flags) -%}
    coalesce({{ status_flags }}, 0) & 8 <> 0
{%- endmacro %}


{# The hour to which an observation belongs, by its start. An amount bears the END of its interval, so that what ends at
   09:00 fell in the hour from 08:00. #}
{% macro hour_of(event_at, interval_h) -%}
    date_trunc(
        'hour',
        case when {{ interval_h }} is null then {{ event_at }} else {{ event_at }} - interval '1 microsecond' end,
        'UTC'
    )
{%- endmacro %}


{# An amount whose interval begins before the amount before it ends, within the partition. #}
{% macro is_overlapping(partition) -%}
    event_at - make_interval(secs => 3600 * interval_h * 0.99) < lag(event_at) over (
        partition by {{ partition }}
        order by event_at
    )
{%- endmacro %}


{# Where intervals overlap (the hour until now, told every ten minutes), those that are whole intervals apart, to the
   minute, are a series (lane) of their own and may be added up; all are one where nothing overlaps. #}
{% macro amount_lane(partition) -%}
    case
        when bool_or(is_overlapping) over (partition by {{ partition }})
            then concat_ws(
                ':',
                interval_h,
                round(extract(epoch from event_at) / 60)::bigint % greatest(round(60 * interval_h)::bigint, 1)
            )
        else ''
    end
{%- endmacro %}


{# The points and variables that the batches touched: feed_id, point_code, variable. #}
{% macro touched_variables() %}
    select distinct
        feed_id,
        station_code as point_code,
        variable
    from {{ ref('stg_observation') }}
    where batch_id in {{ batch_ids() }}
{% endmacro %}


{# The hours that the batches touched: feed_id, point_code, variable, hour_at. An observation at the full hour touches
   two, because a revision that tells or withdraws its interval moves it from one to the other. #}
{% macro touched_hours() %}
    select distinct
        observations.feed_id,
        observations.station_code as point_code,
        observations.variable,
        hours.hour_at
    from {{ ref('stg_observation') }} as observations
    cross join lateral (
        values
        (date_trunc('hour', observations.event_at, 'UTC')),
        (date_trunc('hour', observations.event_at - interval '1 microsecond', 'UTC'))
    ) as hours (hour_at)
    where observations.batch_id in {{ batch_ids() }}
{% endmacro %}


{# The readings whose place among those above a limit the batches may have changed: feed_id, point_code, variable,
   event_at. They are the ones that came, the one before each (what follows it has changed), and all of a point whose
   register entry, and with it perhaps a limit, changed. #}
{% macro touched_readings() %}
    with

    changed as (

        select
            feed_id,
            station_code as point_code,
            variable,
            event_at
        from {{ ref('stg_observation') }}
        where batch_id in {{ batch_ids() }}

    ),

    registered as (

        select
            feed_id,
            station_code as point_code
        from {{ ref('stg_station') }}
        where batch_id in {{ batch_ids() }}

        union

        select
            feed_id,
            station_code as point_code
        from {{ ref('stg_flood_threshold') }}
        where batch_id in {{ batch_ids() }}

        union

        select
            feed_id,
            station_code as point_code
        from {{ ref('stg_reservoir_threshold') }}
        where batch_id in {{ batch_ids() }}

        union

        select
            feed_id,
            point_code
        from {{ ref('stg_sensor') }}
        where batch_id in {{ batch_ids() }}

        union

        select
            feed_id,
            point_code
        from {{ ref('stg_equipment_point') }}
        where batch_id in {{ batch_ids() }}

    )

    select
        feed_id,
        point_code,
        variable,
        event_at
    from changed

    union

    select
        changed.feed_id,
        changed.point_code,
        changed.variable,
        earlier.event_at
    from changed
    cross join lateral (
        select observations.event_at
        from {{ ref('stg_observation') }} as observations
        where
            changed.feed_id = observations.feed_id
            and changed.point_code = observations.station_code
            and changed.variable = observations.variable
            and changed.event_at > observations.event_at
            and observations.value is not null
            and {{ is_evidence('observations.status_flags') }}
        order by observations.event_at desc
        limit 1
    ) as earlier

    union

    select
        registered.feed_id,
        registered.point_code,
        observations.variable,
        observations.event_at
    from registered
    inner join {{ ref('stg_observation') }} as observations
        on
            registered.feed_id = observations.feed_id
            and registered.point_code = observations.station_code
{% endmacro %}


{# The middle one of three neighbours, the nearest first; the nearest where there are fewer. #}
{% macro middle_of_three(nearest, second, third) -%}
    case
        when {{ third }} is null then {{ nearest }}
        else greatest(least({{ nearest }}, {{ second }}), least(greatest({{ nearest }}, {{ second }}), {{ third }}))
    end
{%- endmacro %}
