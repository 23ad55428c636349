{{ config(materialized='kept_table', partial=true, unique_key=['feed_id', 'day']) }}

-- Points: the sums of metric_availability_daily. Polls: counted here. Between full builds only the days are counted
-- again whose figures can have changed.
-- depends_on: {{ ref('int_enterprise__batch') }}, {{ ref('stg_village') }}
-- depends_on: {{ ref('dim_monitoring_point') }}, {{ ref('stg_observation') }}
with

availability as (

    select * from {{ ref('metric_availability_daily') }}

),

refused as (

    select
        feed_id,
        {{ local_day('first_seen_at') }} as day,
        count(*) as rejected_records
    from {{ source('quarantine', 'record') }}
    group by feed_id, {{ local_day('first_seen_at') }}

),

-- the days in which a promise was in force, and the last one of each
promised as (

    select distinct on (promises.feed_id, days.day)
        promises.feed_id,
        days.day::date as day,
        promises.department,
        promises.expected_kind,
        promises.coverage_target
    from {{ ref('dim_feed_version') }} as promises
    inner join lateral generate_series(
        {{ local_day('promises.valid_from') }}::timestamp,
        {{ local_day('least(' ~ as_of() ~ ", promises.valid_to - interval '1 microsecond')") }}::timestamp,
        interval '1 day'
    ) as days (day) on true
    order by promises.feed_id, days.day, promises.valid_from desc

),

{% if is_partial() %}
    touched as (

        {{ touched_coverage_days() }}

    ),

{% endif %}
grid as (

    select promised.* from promised
    {% if is_partial() %}
        inner join touched
            on
                promised.feed_id = touched.feed_id
                and promised.day = touched.day
    {% endif %}

),

{{ placing_versions(false) }},

feed_scope as (

    select
        feed_id,
        date_part('epoch', min(day)::timestamp) as from_s,
        date_part('epoch', max(day)::timestamp) + 86400 as until_s
    from grid
    group by feed_id

),

{{ no_point_scope('point_scope') }},

{{ poll_records() }},

{{ judged_windows(86400, false) }},

figures as (

    select
        availability.feed_id,
        availability.day,
        count(*) filter (
            where availability.expected_slots + availability.pending_slots + availability.excluded_slots > 0
        ) as n_entities,
        sum(availability.expected_slots) as expected_slots,
        sum(availability.received_slots) as received_slots,
        sum(availability.live_slots) as live_slots,
        sum(availability.in_time_slots) as in_time_slots,
        sum(availability.pending_slots) as pending_slots,
        sum(availability.excluded_slots) as excluded_slots,
        sum(availability.unexpected_records) as unexpected_records,
        sum(availability.target_slots::numeric) as target_slots
    from grid
    inner join availability
        on
            grid.feed_id = availability.feed_id
            and grid.day = availability.day
    group by availability.feed_id, availability.day

    union all

    select
        feed_id,
        '1970-01-01'::date + window_number::integer as day,
        1 as n_entities,
        expected_slots,
        received_slots,
        live_slots,
        in_time_slots,
        pending_slots,
        excluded_slots,
        0 as unexpected_records,
        target_slots
    from judged
    where is_in_use

),

summed as (

    select
        feed_id,
        day,
        sum(n_entities)::bigint as n_entities,
        sum(expected_slots)::bigint as expected_slots,
        sum(received_slots)::bigint as received_slots,
        sum(live_slots)::bigint as live_slots,
        sum(in_time_slots)::bigint as in_time_slots,
        sum(pending_slots)::bigint as pending_slots,
        sum(excluded_slots)::bigint as excluded_slots,
        sum(unexpected_records)::bigint as unexpected_records,
        sum(target_slots) as target_slots
    from figures
    group by feed_id, day

),

final as (

    select
        grid.feed_id,
        grid.day,
        grid.department,
        grid.expected_kind as kind,
        coalesce(summed.n_entities, 0) as n_entities,
        coalesce(summed.expected_slots, 0) as expected_slots,
        coalesce(summed.received_slots, 0) as received_slots,
        coalesce(summed.live_slots, 0) as live_slots,
        coalesce(summed.in_time_slots, 0) as in_time_slots,
        coalesce(summed.pending_slots, 0) as pending_slots,
        coalesce(summed.excluded_slots, 0) as excluded_slots,
        coalesce(summed.unexpected_records, 0) as unexpected_records,
        coalesce(refused.rejected_records, 0) as rejected_records,
        summed.received_slots::double precision / nullif(summed.expected_slots, 0) as coverage,
        coalesce((summed.target_slots / nullif(summed.expected_slots, 0))::double precision, grid.coverage_target)
            as target,
        case
            when summed.expected_slots > 0 and summed.received_slots >= summed.target_slots then 'MET'
            when summed.expected_slots > 0 then 'MISSED'
            when summed.pending_slots > 0 then 'PENDING'
            when summed.excluded_slots > 0 then 'EXCLUDED'
            else 'NO_EVIDENCE'
        end as state,
        now() as computed_at
    from grid
    left join summed
        on
            grid.feed_id = summed.feed_id
            and grid.day = summed.day
    left join refused
        on
            grid.feed_id = refused.feed_id
            and grid.day = refused.day

)

select * from final
