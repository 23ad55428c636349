-- For feeds of points the sums over counties and industries are those of the feed and day; not on the day on which a
-- feed stopped being judged by its polls, which have neither.
with

broken_down as (

    select
        feed_id,
        day,
        sum(n_entities) as n_entities,
        sum(expected_slots) as expected_slots,
        sum(received_slots) as received_slots,
        sum(live_slots) as live_slots,
        sum(in_time_slots) as in_time_slots,
        sum(pending_slots) as pending_slots,
        sum(excluded_slots) as excluded_slots,
        sum(unexpected_records) as unexpected_records
    from {{ ref('metric_coverage_breakdown_daily') }}
    group by feed_id, day

)

select
    coverage.feed_id,
    coverage.day
from {{ ref('metric_coverage_daily') }} as coverage
left join broken_down
    on
        coverage.feed_id = broken_down.feed_id
        and coverage.day = broken_down.day
where
    coverage.kind = 'entity_slots'
    and not exists (
        select 1 from {{ ref('dim_feed_version') }} as versions
        where
            coverage.feed_id = versions.feed_id
            and versions.expected_kind = 'polls'
            and versions.valid_from < {{ day_start('(coverage.day + 1)') }}
            and versions.valid_to > {{ day_start('coverage.day') }}
    )
    and (
        coverage.n_entities <> coalesce(broken_down.n_entities, 0)
        or coverage.expected_slots <> coalesce(broken_down.expected_slots, 0)
        or coverage.received_slots <> coalesce(broken_down.received_slots, 0)
        or coverage.live_slots <> coalesce(broken_down.live_slots, 0)
        or coverage.in_time_slots <> coalesce(broken_down.in_time_slots, 0)
        or coverage.pending_slots <> coalesce(broken_down.pending_slots, 0)
        or coverage.excluded_slots <> coalesce(broken_down.excluded_slots, 0)
        or coverage.unexpected_records <> coalesce(broken_down.unexpected_records, 0)
    )
