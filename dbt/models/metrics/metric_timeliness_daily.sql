{{ config(
    materialized='kept_table',
    partial=true,
    unique_key=['feed_id', 'day', 'leg'],
    replaces=['feed_id'],
    touched='moved_feeds',
    indexes=[{'columns': ['n_pending']}],
) }}

-- Percentiles are over the day's records: of the distributions that the hours keep, never of the hours' percentiles.
-- Between full builds only those days are counted again whose hours were.
-- depends_on: {{ ref('int_feed__record') }}
with

{% if is_partial() %}
touched as (

    select distinct
        feed_id,
        {{ local_day('counted_at') }} as day
    from {{ ref('int_feed__record') }}
    where batch_id in {{ batch_ids() }}

    union

    select
        feed_id,
        day
    from {{ this }}
    where n_pending > 0

    union

    select
        hours.feed_id,
        {{ local_day('hours.hour_at') }} as day
    from (
        select
            promises.feed_id,
            coalesce(max(kept.day), min({{ local_day('promises.valid_from') }})) as day
        from {{ ref('dim_feed_version') }} as promises
        left join {{ this }} as kept on promises.feed_id = kept.feed_id
        group by promises.feed_id
    ) as last_kept
    inner join {{ ref('metric_timeliness_hourly') }} as hours
        on
            last_kept.feed_id = hours.feed_id
            and hours.hour_at >= last_kept.day::timestamp at time zone '{{ var("zone") }}'

    union

    select
        feed_id,
        {{ local_day('hour_at') }} as day
    from {{ ref('metric_timeliness_hourly') }}
    where feed_id in ({{ moved_feeds() }})

),

{% endif %}
hours as (

    {% if is_partial() %}
        select
            hours.*,
            touched.day
        from touched
        inner join {{ ref('metric_timeliness_hourly') }} as hours
            on
                touched.feed_id = hours.feed_id
                and hours.hour_at >= touched.day::timestamp at time zone '{{ var("zone") }}'
                and hours.hour_at < (touched.day + 1)::timestamp at time zone '{{ var("zone") }}'
    {% else %}
        select
            *,
            {{ local_day('hour_at') }} as day
        from {{ ref('metric_timeliness_hourly') }}
    {% endif %}

),

counted as (

    select
        feed_id,
        day,
        leg,
        sum(n)::bigint as n,
        max(max_s) as max_s,
        sum(n_negative)::bigint as n_negative,
        sum(n_pending)::bigint as n_pending,
        sum(n_backfill)::bigint as n_backfill,
        sum(n_promised)::bigint as n_promised,
        sum(n_within_promise)::bigint as n_within_promise,
        (array_agg(promise_s order by hour_at desc) filter (where promise_s is not null))[1] as promise_s
    from hours
    group by feed_id, day, leg

),

delays as (

    select
        hours.feed_id,
        hours.day,
        hours.leg,
        delay.seconds,
        sum(delay.n) as n
    from hours
    cross join lateral unnest(hours.delays_s, hours.delay_counts) as delay (seconds, n)
    group by hours.feed_id, hours.day, hours.leg, delay.seconds

),

ranked as (

    select
        feed_id,
        day,
        leg,
        seconds,
        sum(n) over (partition by feed_id, day, leg order by seconds) as upto,
        sum(n) over (partition by feed_id, day, leg) as total
    from delays

),

percentiles as (

    select
        feed_id,
        day,
        leg,
        {{ weighted_percentile(0.5) }} as p50_s,
        {{ weighted_percentile(0.9) }} as p90_s,
        {{ weighted_percentile(0.95) }} as p95_s,
        {{ weighted_percentile(0.99) }} as p99_s
    from ranked
    group by feed_id, day, leg

),

final as (

    select
        counted.feed_id,
        counted.day,
        counted.leg,
        promised.department,
        counted.n,
        percentiles.p50_s,
        percentiles.p90_s,
        percentiles.p95_s,
        percentiles.p99_s,
        counted.max_s,
        counted.n_negative,
        counted.n_pending,
        counted.n_backfill,
        counted.n_promised,
        counted.n_within_promise,
        {{ pct('counted.n_within_promise', 'counted.n_promised') }} as within_promise_pct,
        counted.promise_s
    from counted
    left join lateral (
        -- of the promises that had begun by the end of the day the newest, else the first
        select promises.department from {{ ref('dim_feed_version') }} as promises
        where counted.feed_id = promises.feed_id
        order by
            promises.valid_from >= (counted.day + 1)::timestamp at time zone '{{ var("zone") }}',
            abs(extract(epoch from (counted.day + 1)::timestamp at time zone '{{ var("zone") }}' - promises.valid_from))
        limit 1
    ) as promised on true
    left join percentiles
        on
            counted.feed_id = percentiles.feed_id
            and counted.day = percentiles.day
            and counted.leg = percentiles.leg

)

select * from final
