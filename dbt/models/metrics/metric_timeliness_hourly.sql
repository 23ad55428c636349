{{ config(
    materialized='kept_table',
    partial=true,
    unique_key=['feed_id', 'hour_at', 'leg'],
    replaces=['feed_id'],
    touched='moved_feeds',
    indexes=[{'columns': ['n_pending']}],
) }}

-- Between full builds only those hours are counted again that a batch touched, that still had unpublished records, or
-- that are new. Of a feed whose revisions may move a record to another hour, all hours are. Records that share all
-- their clocks, as those of one file do, are looked at once.
with

{% if not is_partial() %}
    feeds as (

        select * from {{ ref('dim_feed') }}

    ),

{% endif %}
promises as (

    select * from {{ ref('dim_feed_version') }}

),

-- not materialized: read through its indexes, not as a whole
all_records as not materialized (

    select * from {{ ref('int_feed__record') }}

),

{% if is_partial() %}
touched_records as (

    select distinct
        feed_id,
        date_trunc('hour', counted_at, '{{ var("zone") }}') as hour_at
    from all_records
    where
        batch_id in {{ batch_ids() }}
        and counted_at <= {{ as_of() }}

),

whole_feeds as (

    {{ moved_feeds() }}

),

new_hours as (

    select
        begun.feed_id,
        hour.hour_at
    from (
        select
            feed_id,
            min(greatest(valid_from, activated_at)) as first_at
        from promises
        group by feed_id
    ) as begun
    cross join lateral (
        select max(kept.hour_at) as hour_at from {{ this }} as kept
        where begun.feed_id = kept.feed_id
    ) as last_kept
    cross join lateral generate_series(
        coalesce(last_kept.hour_at, date_trunc('hour', begun.first_at, '{{ var("zone") }}')),
        {{ as_of() }},
        interval '1 hour'
    ) as hour (hour_at)

),

touched as (

    select
        feed_id,
        hour_at
    from touched_records

    union

    select
        feed_id,
        hour_at
    from new_hours

    union

    select
        feed_id,
        hour_at
    from {{ this }}
    where n_pending > 0

),

gaps as (

    -- a gap of less than a hundredth of the whole span is read along, so that no feed is asked more than a hundred times
    select
        *,
        hour_at - lag(hour_at) over (partition by feed_id order by hour_at) > greatest(
            interval '1 hour',
            (max(hour_at) over (partition by feed_id) - min(hour_at) over (partition by feed_id)) / 100
        ) as is_after_gap
    from touched

),

islands as (

    select
        *,
        count(*) filter (where is_after_gap) over (partition by feed_id order by hour_at) as island
    from gaps

),

{% endif %}
spans as (

    {% if is_partial() %}
        select
            feed_id,
            min(hour_at) as first_hour,
            max(hour_at) as last_hour
        from islands
        where feed_id not in (select whole_feeds.feed_id from whole_feeds)
        group by feed_id, island

        union all

        select
            feed_id,
            '-infinity'::timestamptz as first_hour,
            date_trunc('hour', {{ as_of() }}, '{{ var("zone") }}') as last_hour
        from whole_feeds
    {% else %}
        select
            feed_id,
            '-infinity'::timestamptz as first_hour,
            date_trunc('hour', {{ as_of() }}, '{{ var("zone") }}') as last_hour
        from feeds
    {% endif %}

),

-- a record from the future is counted once its hour has come
clocks as (

    select
        spans.feed_id,
        records.*
    from spans
    -- grouped inside, so that each span is looked up by itself and not all records joined
    cross join lateral (
        select
            date_trunc('hour', counted_at, '{{ var("zone") }}') as hour_at,
            is_backfill,
            event_at,
            issued_at,
            promise_at,
            fetched_at,
            landed_at,
            published_at,
            count(*) as n
        from all_records
        where
            feed_id = spans.feed_id
            and counted_at >= spans.first_hour
            and counted_at < spans.last_hour + interval '1 hour'
            and counted_at <= {{ as_of() }}
        group by
            date_trunc('hour', counted_at, '{{ var("zone") }}'),
            is_backfill,
            event_at,
            issued_at,
            promise_at,
            fetched_at,
            landed_at,
            published_at
    ) as records

),

-- a record is judged by the promise that was in force when its time began to count
promised as (

    select
        clocks.*,
        promises.latency_s,
        promises.transfer_times is not null as is_scheduled,
        case
            when promises.transfer_times is null then clocks.promise_at
            else {{ first_transfer('coalesce(clocks.issued_at, clocks.promise_at)', 'promises.transfer_times') }}
        end as due_from
    from clocks
    left join promises
        on
            clocks.feed_id = promises.feed_id
            and coalesce(clocks.promise_at, clocks.fetched_at) >= promises.valid_from
            and coalesce(clocks.promise_at, clocks.fetched_at) < promises.valid_to

),

legs as (

    select
        promised.feed_id,
        promised.hour_at,
        promised.is_backfill,
        promised.n,
        leg.leg,
        leg.is_pending,
        extract(epoch from leg.ends_at - leg.starts_at)::double precision as seconds,
        promised.latency_s is not null as is_promised,
        extract(epoch from promised.published_at - promised.due_from) <= promised.latency_s as is_in_time
    from promised
    inner join lateral (
        values
        ('event_to_issued', promised.event_at, promised.issued_at, false),
        ('issued_to_fetched', coalesce(promised.issued_at, promised.event_at), promised.fetched_at, false),
        ('transfer_to_fetched', promised.due_from, promised.fetched_at, false),
        ('fetched_to_landed', promised.fetched_at, promised.landed_at, false),
        ('landed_to_published', promised.landed_at, promised.published_at, promised.published_at is null),
        ('fetched_to_published', promised.fetched_at, promised.published_at, promised.published_at is null),
        (
            'issued_to_published',
            coalesce(promised.issued_at, promised.event_at),
            promised.published_at,
            promised.published_at is null
        )
    ) as leg (leg, starts_at, ends_at, is_pending) on true
    where
        leg.leg <> 'transfer_to_fetched'
        or promised.is_scheduled

),

-- while the feed was on
hours as (

    select
        promises.feed_id,
        hour.hour_at
    from promises
    inner join spans on promises.feed_id = spans.feed_id
    inner join lateral generate_series(
        greatest(
            date_trunc('hour', greatest(promises.valid_from, promises.activated_at), '{{ var("zone") }}'),
            spans.first_hour
        ),
        least(spans.last_hour, promises.valid_to - interval '1 microsecond'),
        interval '1 hour'
    ) as hour (hour_at) on true

    union

    select
        feed_id,
        hour_at
    from clocks

),

-- the newest of the promises that were in force in the hour
promised_hours as (

    select
        hours.feed_id,
        hours.hour_at,
        (array_agg(promises.latency_s order by promises.valid_from desc))[1] as latency_s,
        coalesce(bool_or(promises.transfer_times is not null), false) as is_scheduled
    from hours
    left join promises
        on
            hours.feed_id = promises.feed_id
            and hours.hour_at + interval '1 hour' > promises.valid_from
            and hours.hour_at < promises.valid_to
    group by hours.feed_id, hours.hour_at

),

grid as (

    select
        hours.feed_id,
        hours.hour_at,
        leg.leg,
        leg.leg = 'issued_to_published' as is_whole_way,
        case when leg.leg = 'issued_to_published' then hours.latency_s end as promise_s
    from promised_hours as hours
    inner join (
        values
        ('event_to_issued'),
        ('issued_to_fetched'),
        ('transfer_to_fetched'),
        ('fetched_to_landed'),
        ('landed_to_published'),
        ('fetched_to_published'),
        ('issued_to_published')
    ) as leg (leg)
        on
            leg.leg <> 'transfer_to_fetched'
            or hours.is_scheduled

),

counted as (

    select
        feed_id,
        hour_at,
        leg,
        coalesce(sum(n) filter (where not is_backfill and seconds >= 0), 0)::bigint as n,
        coalesce(sum(n) filter (where not is_backfill and seconds < 0), 0)::bigint as n_negative,
        coalesce(sum(n) filter (where not is_backfill and is_pending), 0)::bigint as n_pending,
        coalesce(sum(n) filter (where is_backfill), 0)::bigint as n_backfill,
        coalesce(sum(n) filter (where not is_backfill and seconds >= 0 and is_promised), 0)::bigint as n_promised,
        coalesce(sum(n) filter (where not is_backfill and seconds >= 0 and is_in_time), 0)::bigint as n_within_promise
    from legs
    group by feed_id, hour_at, leg

),

ranked as (

    select
        feed_id,
        hour_at,
        leg,
        seconds,
        n,
        sum(n) over (partition by feed_id, hour_at, leg order by seconds, n rows unbounded preceding) as upto,
        sum(n) over (partition by feed_id, hour_at, leg) as total
    from legs
    where
        not is_backfill
        and seconds >= 0

),

percentiles as (

    select
        feed_id,
        hour_at,
        leg,
        {{ weighted_percentile(0.5) }} as p50_s,
        {{ weighted_percentile(0.9) }} as p90_s,
        {{ weighted_percentile(0.95) }} as p95_s,
        {{ weighted_percentile(0.99) }} as p99_s,
        max(seconds) as max_s
    from ranked
    group by feed_id, hour_at, leg

),

delays as (

    select
        feed_id,
        hour_at,
        leg,
        {{ rounded_delay('seconds') }} as delay_s,
        sum(n)::bigint as n
    from ranked
    group by feed_id, hour_at, leg, {{ rounded_delay('seconds') }}

),

distributions as (

    select
        feed_id,
        hour_at,
        leg,
        array_agg(delay_s order by delay_s) as delays_s,
        array_agg(n order by delay_s) as delay_counts
    from delays
    group by feed_id, hour_at, leg

),

final as (

    select
        grid.feed_id,
        grid.hour_at,
        grid.leg,
        coalesce(counted.n, 0) as n,
        percentiles.p50_s,
        percentiles.p90_s,
        percentiles.p95_s,
        percentiles.p99_s,
        percentiles.max_s,
        coalesce(counted.n_negative, 0) as n_negative,
        coalesce(counted.n_pending, 0) as n_pending,
        coalesce(counted.n_backfill, 0) as n_backfill,
        case when grid.is_whole_way then coalesce(counted.n_within_promise, 0) end as n_within_promise,
        grid.promise_s,
        distributions.delays_s,
        distributions.delay_counts,
        case when grid.is_whole_way then coalesce(counted.n_promised, 0) end as n_promised
    from grid
    left join counted
        on
            grid.feed_id = counted.feed_id
            and grid.hour_at = counted.hour_at
            and grid.leg = counted.leg
    left join percentiles
        on
            grid.feed_id = percentiles.feed_id
            and grid.hour_at = percentiles.hour_at
            and grid.leg = percentiles.leg
    left join distributions
        on
            grid.feed_id = distributions.feed_id
            and grid.hour_at = distributions.hour_at
            and grid.leg = distributions.leg

)

select * from final
