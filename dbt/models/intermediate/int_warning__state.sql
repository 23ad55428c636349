-- One row per message: is it in force, and if not, why and since when.
-- Absence: a warning is over when its source stopped listing it and `closing.absent_polls` successful polls have seen
-- the list without it. A poll answered "not modified" repeats the list before it, so it counts only after a changed
-- list. Where a feed was switched off, nobody listens any longer whether its warnings still stand: what names no end
-- would stay on the map for ever, so it is absent since then, until the feed is switched on again.
with

messages as (

    select * from {{ ref('stg_warning') }}

),

feeds as (

    select
        feed_id,
        (closing ->> 'absent_polls')::integer as absent_polls,
        active_until
    from {{ source('ops', 'feed') }}

),

listings as (

    select * from {{ ref('stg_warning_listing') }}

),

-- not materialized: read through its indexes, not as a whole
polls as not materialized (

    select * from {{ ref('stg_poll') }}

),

batch_payloads as (

    select * from {{ source('ops', 'batch_payload') }}

),

closings as (

    select * from {{ ref('int_warning__closing') }}

),

infos as (

    select * from {{ ref('int_warning__info') }}

),

judged as (

    select
        messages.*,
        infos.colour,
        infos.is_colour_conflict,
        infos.speaking,
        infos.main_info,
        infos.expires_at,
        closings.closed_by,
        closings.closed_at,
        closings.is_cancelled,
        messages.status <> 'Actual' or messages.msg_type in ('Ack', 'Error') as is_not_actual,
        coalesce(infos.is_expired, false) as is_expired,
        messages.status = 'Actual'
        and messages.msg_type in ('Alert', 'Update')
        and closings.closed_by is null
        and not coalesce(infos.is_expired, false) as is_open
    from messages
    left join infos
        on
            messages.feed_id = infos.feed_id
            and messages.sender = infos.sender
            and messages.identifier = infos.identifier
            and messages.sent_at = infos.sent_at
    left join closings
        on
            messages.feed_id = closings.feed_id
            and messages.sender = closings.sender
            and messages.identifier = closings.identifier
            and messages.sent_at = closings.sent_at

),

with_absence as (

    select
        judged.*,
        coalesce(absence.absent_since, switched_off.active_until) as absent_since
    from judged
    left join feeds as switched_off
        on
            judged.feed_id = switched_off.feed_id
            and judged.is_open
            and judged.expires_at is null
            and switched_off.active_until <= {{ as_of() }}
    left join lateral (
        select unlisted.polled_at as absent_since
        from listings
        inner join feeds on listings.feed_id = feeds.feed_id
        -- a poll is committed after it was made: committed_at has an index, so it bounds the search
        inner join lateral (
            select polls.polled_at
            from polls
            where
                listings.feed_id = polls.feed_id
                and listings.listed_at < polls.committed_at
                and listings.listed_at < polls.polled_at
                and not polls.is_unchanged
                and listings.batch_id <> polls.batch_id
                and not exists (
                    select 1 from batch_payloads
                    where
                        polls.batch_id = batch_payloads.batch_id
                        and listings.payload_sha256 = batch_payloads.sha256
                )
            order by polls.committed_at
            limit 1
        ) as unlisted on true
        left join lateral (
            select count(*) as n_polls
            from (
                select 1 from polls
                where
                    listings.feed_id = polls.feed_id
                    and unlisted.polled_at <= polls.committed_at
                    and unlisted.polled_at <= polls.polled_at
                limit feeds.absent_polls
            ) as enough
        ) as since_then on true
        where
            judged.is_open
            and judged.feed_id = listings.feed_id
            and judged.document_url = listings.document_url
            and since_then.n_polls >= feeds.absent_polls
    ) as absence on true

),

final as (

    select
        *,
        case
            when is_not_actual then 'not_actual'
            when msg_type = 'Cancel' or is_cancelled then 'cancelled'
            when closed_by is not null then 'superseded'
            when is_expired then 'expired'
            when absent_since is not null then 'absent'
            else 'active'
        end as state,
        case
            when is_not_actual then null
            when msg_type = 'Cancel' then sent_at
            else coalesce(closed_at, case when is_expired then expires_at end, absent_since)
        end as ended_at
    from with_absence

)

select * from final
