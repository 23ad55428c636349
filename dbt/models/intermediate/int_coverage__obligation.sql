-- One row per feed, entity and local day from `active_from` on: the slots of that day that were owed, as numbers of
-- slots counted from 1970. A feed judged by its polls is its own only entity. Owed: slots that start on that day, not
-- before the feed was active nor before the entity was known, and over before the feed was switched off. Judged: those
-- that are over and, for records, older than the latency promise. The rest of the begun ones are pending.
with

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- a point owes from when its register first knew it until it went out of use
points as (

    select
        feed_id,
        point_code,
        register,
        min(known_since) as known_since,
        max(valid_to) as owed_until
    from {{ ref('dim_monitoring_point') }}
    where is_in_use
    group by feed_id, point_code, register

),

entities as (

    select
        feeds.feed_id,
        points.point_code as entity_code,
        points.known_since,
        points.owed_until
    from feeds
    inner join points
        on
            feeds.feed_id = points.feed_id
            and feeds.expected_register = points.register
    where feeds.expected_kind = 'entity_slots'

    union all

    select
        feed_id,
        feed_id as entity_code,
        '-infinity'::timestamptz as known_since,
        {{ forever() }} as owed_until
    from feeds
    where expected_kind = 'polls'

),

days as (

    select
        feeds.feed_id,
        feeds.expected_kind,
        feeds.slot_s,
        feeds.active_from,
        feeds.active_until,
        case when feeds.expected_kind = 'polls' then 0 else feeds.latency_s end as grace_s,
        day.day::date as day
    from feeds
    inner join lateral generate_series(
        {{ local_day('feeds.active_from') }}::timestamp,
        {{ local_day('least(' ~ as_of() ~ ', feeds.active_until)') }}::timestamp,
        interval '1 day'
    ) as day (day) on true

),

bounds as (

    select
        days.feed_id,
        days.expected_kind,
        days.slot_s,
        days.day,
        entities.entity_code,
        greatest(
            extract(epoch from days.day::timestamp),
            {{ local_seconds('greatest(days.active_from, entities.known_since)') }}
        ) as owed_from,
        extract(epoch from days.day::timestamp) + 86400 as day_end,
        {{ local_seconds(as_of()) }} as now_seconds,
        {{ local_seconds('least(days.active_until, entities.owed_until)') }} as owed_until,
        days.grace_s
    from days
    inner join entities on days.feed_id = entities.feed_id

),

final as (

    select
        feed_id,
        expected_kind,
        slot_s,
        day,
        entity_code,
        ceil(owed_from / slot_s)::bigint as first_slot,
        least(
            ceil(day_end / slot_s), floor((now_seconds - grace_s) / slot_s), floor(owed_until / slot_s)
        )::bigint as judged_before,
        least(
            ceil(day_end / slot_s), floor(now_seconds / slot_s) + 1, floor(owed_until / slot_s)
        )::bigint as begun_before
    from bounds

)

select * from final
