{{ config(materialized='kept_table', partial=true, unique_key=['feed_id', 'hour_at', 'leg']) }}

-- Between full builds only the hours are counted again from the earliest that a new batch touched, or that still had
-- unpublished records, until now.
with

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- not materialized: read through its indexes, not as a whole
all_records as not materialized (

    select * from {{ ref('int_feed__record') }}

),

horizon as (

    {% if is_partial() %}
        -- of each feed by itself: an old entry of the register must not make millions of observations be read again
        select
            feeds.feed_id,
            date_trunc(
                'hour',
                least(
                    {{ as_of() }},
                    (select min(kept.hour_at) from {{ this }} as kept where feeds.feed_id = kept.feed_id and kept.n_pending > 0),
                    (select max(kept.hour_at) from {{ this }} as kept where feeds.feed_id = kept.feed_id),
                    touched.counted_at
                )
            ) as first_hour
        from feeds
        left join (
            select
                feed_id,
                min(counted_at) as counted_at
            from all_records
            where batch_id in {{ batch_ids() }}
            group by feed_id
        ) as touched on feeds.feed_id = touched.feed_id
    {% else %}
        select
            feed_id,
            '-infinity'::timestamptz as first_hour
        from feeds
    {% endif %}

),

records as (

    select
        recent.*,
        date_trunc('hour', recent.counted_at) as hour_at
    from horizon
    inner join lateral (
        select * from all_records
        where
            horizon.feed_id = all_records.feed_id
            and all_records.counted_at >= horizon.first_hour
    ) as recent on true

),

legs as (

    select
        records.feed_id,
        records.hour_at,
        records.is_backfill,
        leg.leg,
        leg.is_pending,
        extract(epoch from leg.ends_at - leg.starts_at)::double precision as seconds,
        case when leg.leg = 'issued_to_published' then feeds.latency_s end as promise_s,
        extract(epoch from leg.ends_at - records.promise_at)::double precision as promised_seconds
    from records
    inner join feeds on records.feed_id = feeds.feed_id
    inner join lateral (
        values
        ('event_to_issued', records.event_at, records.issued_at, false),
        ('issued_to_fetched', records.issued_at, records.fetched_at, false),
        ('fetched_to_landed', records.fetched_at, records.landed_at, false),
        ('landed_to_published', records.landed_at, records.published_at, records.published_at is null),
        (
            'issued_to_published',
            coalesce(records.issued_at, records.event_at),
            records.published_at,
            records.published_at is null
        )
    ) as leg (leg, starts_at, ends_at, is_pending) on true

),

hours as (

    select
        feeds.feed_id,
        hour.hour_at
    from feeds
    inner join horizon on feeds.feed_id = horizon.feed_id
    inner join lateral generate_series(
        greatest(date_trunc('hour', feeds.activated_at), horizon.first_hour),
        date_trunc('hour', least({{ as_of() }}, feeds.active_until)),
        interval '1 hour'
    ) as hour (hour_at) on true

    union

    select
        feed_id,
        hour_at
    from records

),

grid as (

    select
        hours.feed_id,
        hours.hour_at,
        leg.leg,
        case when leg.leg = 'issued_to_published' then feeds.latency_s end as promise_s
    from hours
    inner join feeds on hours.feed_id = feeds.feed_id
    cross join (
        values
        ('event_to_issued'),
        ('issued_to_fetched'),
        ('fetched_to_landed'),
        ('landed_to_published'),
        ('issued_to_published')
    ) as leg (leg)

),

counted as (

    select
        feed_id,
        hour_at,
        leg,
        count(*) filter (where not is_backfill and seconds >= 0) as n,
        count(*) filter (where not is_backfill and seconds < 0) as n_negative,
        count(*) filter (where not is_backfill and is_pending) as n_pending,
        count(*) filter (where is_backfill) as n_backfill,
        percentile_cont(array[0.5, 0.9, 0.95, 0.99, 1]) within group (
            order by case when not is_backfill and seconds >= 0 then seconds end
        ) as percentiles,
        count(*) filter (where not is_backfill and seconds >= 0 and promised_seconds <= promise_s) as n_within_promise
    from legs
    group by feed_id, hour_at, leg

),

final as (

    select
        grid.feed_id,
        grid.hour_at,
        grid.leg,
        coalesce(counted.n, 0) as n,
        counted.percentiles[1] as p50_s,
        counted.percentiles[2] as p90_s,
        counted.percentiles[3] as p95_s,
        counted.percentiles[4] as p99_s,
        counted.percentiles[5] as max_s,
        coalesce(counted.n_negative, 0) as n_negative,
        coalesce(counted.n_pending, 0) as n_pending,
        coalesce(counted.n_backfill, 0) as n_backfill,
        case when grid.promise_s is not null then coalesce(counted.n_within_promise, 0) end as n_within_promise,
        grid.promise_s
    from grid
    left join counted
        on
            grid.feed_id = counted.feed_id
            and grid.hour_at = counted.hour_at
            and grid.leg = counted.leg

)

select * from final
