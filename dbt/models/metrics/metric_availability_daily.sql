{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'day', 'point_code'],
        touched='touched_availability_days',
        replaces=['feed_id', 'day', 'point_code'],
        indexes=[{'columns': ['day', 'region_code']}, {'columns': ['credit_code', 'day']}],
    )
}}

-- Days whose hours are kept are the sums of their hours; older ones are counted from the records. Between full builds
-- the days of a feed are counted again from the last one that is kept, less the time for which slots may be pending; of
-- single points besides those that new records lie in, and all of a point whose register entry, owner or place is new.
-- depends_on: {{ ref('int_enterprise__batch') }}, {{ ref('stg_village') }}
with recursive

{{ placing_versions(true) }},

{{ feed_scope('day_scope', 86400, 'day') }},

{% if is_partial() %}
    {{ point_scope('point_day_scope', 'day_scope', 86400, none, points_of_batches(described=true)) }},
{% else %}
    {{ no_point_scope('point_day_scope') }},
{% endif %}

feed_scope as (

    select
        feed_id,
        from_s,
        least(until_s, {{ first_hour_s() }}) as until_s,
        reach_s
    from day_scope

),

point_scope as (

    select
        feed_id,
        entity_code,
        from_s,
        least(until_s, {{ first_hour_s() }}) as until_s
    from point_day_scope
    where from_s < {{ first_hour_s() }}

),

{{ scoped_records() }},

{{ judged_windows(86400, true) }},

point_hours as (

    select
        point_day_scope.feed_id,
        point_day_scope.entity_code as point_code,
        {{ moment_of('hours.number * 3600') }} as hour_at
    from point_day_scope
    cross join lateral generate_series(
        (greatest(point_day_scope.from_s, {{ first_hour_s() }}) / 3600)::bigint,
        (point_day_scope.until_s / 3600)::bigint - 1
    ) as hours (number)

),

hours as (

    select hourly.*
    from day_scope
    inner join {{ ref('metric_availability_hourly') }} as hourly
        on
            day_scope.feed_id = hourly.feed_id
            and hourly.hour_at >= {{ moment_of('greatest(day_scope.from_s, ' ~ first_hour_s() ~ ')') }}

    union all

    select hourly.*
    from point_hours
    inner join {{ ref('metric_availability_hourly') }} as hourly
        on
            point_hours.feed_id = hourly.feed_id
            and point_hours.hour_at = hourly.hour_at
            and point_hours.point_code = hourly.point_code

),

days as (

    select
        feed_id,
        point_code,
        floor({{ local_second('hour_at') }} / 86400)::bigint as window_number,
        bool_or(is_in_use) as is_in_use,
        bool_or(is_scheduled) as is_scheduled,
        sum(expected_slots)::bigint as expected_slots,
        sum(received_slots)::bigint as received_slots,
        sum(live_slots)::bigint as live_slots,
        sum(in_time_slots)::bigint as in_time_slots,
        sum(pending_slots)::bigint as pending_slots,
        sum(excluded_slots)::bigint as excluded_slots,
        sum(n_records)::bigint as n_records,
        sum(unexpected_records)::bigint as unexpected_records,
        sum(slot_records)::bigint as slot_records,
        sum(slot_variables)::bigint as slot_variables,
        sum(target_slots::numeric) as target_slots
    from hours
    group by feed_id, point_code, floor({{ local_second('hour_at') }} / 86400)::bigint

    union all

    select
        feed_id,
        entity_code as point_code,
        window_number,
        is_in_use,
        is_scheduled,
        expected_slots,
        received_slots,
        live_slots,
        in_time_slots,
        pending_slots,
        excluded_slots,
        n_records,
        unexpected_records,
        slot_records,
        slot_variables,
        target_slots
    from judged

),

{{ last_promises('promises', 'days', 86400) }},

registered as (

    select * from {{ ref('dim_monitoring_point') }}
    where register <> 'camera'

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

-- as the register had it when the day ended, or when the point was last in use
described as (

    select
        days.*,
        '1970-01-01'::date + days.window_number::integer as day,
        point.point_code is not null as is_registered,
        point.region_code,
        point.credit_code,
        point.category
    from days
    left join lateral (
        select * from registered
        where
            days.feed_id = registered.feed_id
            and days.point_code = registered.point_code
            and registered.valid_from < {{ moment_of('((days.window_number + 1) * 86400)') }}
            and registered.valid_to > {{ moment_of('(days.window_number * 86400)') }}
        order by registered.is_in_use desc, registered.valid_from desc
        limit 1
    ) as point on true

),

classed as (

    select
        described.*,
        promises.department,
        owner.industry,
        {{ availability_class('described', 'promises', 'described.is_registered') }} as class
    from described
    inner join promises
        on
            described.feed_id = promises.feed_id
            and described.window_number = promises.window_number
    left join lateral (
        select enterprises.industry from enterprises
        where
            described.credit_code = enterprises.credit_code
            and (enterprises.valid_from < {{ day_start('(described.day + 1)') }} or enterprises.is_first_version)
        order by enterprises.valid_from desc
        limit 1
    ) as owner on true

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        day,

        ---------- whose it is
        department,
        region_code,
        credit_code,
        industry,
        category,

        ---------- figures
        expected_slots,
        received_slots,
        live_slots,
        in_time_slots,
        pending_slots,
        excluded_slots,
        n_records,
        unexpected_records,
        slot_records,
        slot_variables,
        target_slots::double precision as target_slots,
        is_in_use,
        is_scheduled,

        ---------- conclusion
        class,
        class in ('full', 'over_reporting', 'partial_high') as is_live
    from classed

)

select * from final
