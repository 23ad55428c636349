{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'day', 'region_code', 'industry'],
        touched='touched_coverage_days',
        replaces=['feed_id', 'day'],
    )
}}

-- Points by county and industry. Between full builds only the days are summed again whose figures can have changed.
-- depends_on: {{ ref('int_enterprise__batch') }}, {{ ref('stg_village') }}, {{ ref('dim_monitoring_point') }}
-- depends_on: {{ ref('dim_feed_version') }}, {{ ref('stg_observation') }}, {{ ref('stg_poll') }}
with

availability as (

    select * from {{ ref('metric_availability_daily') }}

),

{% if is_partial() %}
    touched as (

        {{ touched_coverage_days() }}

    ),

{% endif %}
final as (

    select
        ---------- ids
        availability.feed_id,
        availability.day,
        {{ county_of('availability.region_code') }} as region_code,
        coalesce(availability.industry, 'none') as industry,
        max(availability.department) as department,

        ---------- points
        count(*) filter (where availability.is_in_use) as n_points,
        count(*) filter (
            where availability.expected_slots + availability.pending_slots + availability.excluded_slots > 0
        ) as n_entities,
        count(*) filter (where availability.is_live) as n_live,
        count(*) filter (where availability.class = 'full') as n_full,
        count(*) filter (where availability.class = 'partial_high') as n_partial_high,
        count(*) filter (where availability.class = 'partial_low') as n_partial_low,
        count(*) filter (where availability.class = 'silent') as n_silent,
        count(*) filter (where availability.class = 'over_reporting') as n_over_reporting,
        count(*) filter (where availability.class = 'pending') as n_pending,
        count(*) filter (where availability.class = 'not_expected') as n_not_expected,
        count(*) filter (where availability.class = 'no_schedule') as n_no_schedule,
        count(*) filter (where availability.class = 'unknown_entity') as n_unknown_entities,

        ---------- slots
        sum(availability.expected_slots)::bigint as expected_slots,
        sum(availability.received_slots)::bigint as received_slots,
        sum(availability.live_slots)::bigint as live_slots,
        sum(availability.in_time_slots)::bigint as in_time_slots,
        sum(availability.pending_slots)::bigint as pending_slots,
        sum(availability.excluded_slots)::bigint as excluded_slots,
        sum(availability.n_records)::bigint as n_records,
        sum(availability.unexpected_records)::bigint as unexpected_records,
        {{ pct('sum(availability.received_slots)', 'sum(availability.expected_slots)') }} as coverage_pct,
        {{ pct('sum(availability.in_time_slots)', 'sum(availability.live_slots)') }} as in_time_pct
    from availability
    {% if is_partial() %}
        inner join touched
            on
                availability.feed_id = touched.feed_id
                and availability.day = touched.day
    {% endif %}
    group by
        availability.feed_id,
        availability.day,
        {{ county_of('availability.region_code') }},
        coalesce(availability.industry, 'none')

)

select * from final
