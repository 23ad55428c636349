-- One row: from when until when the receipts that we hold tell who was not reached. A receipt feed has told about a
-- moment when it brought something newer, or when it was polled so much later that its latency promise was over. If
-- several feeds bring receipts, all that are switched on must have told.
with

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'warning_receipt'

),

-- not materialized: read through its indexes, not as a whole
polls as not materialized (

    select * from {{ ref('stg_poll') }}

),

receipts as (

    select * from {{ ref('stg_warning_receipt') }}

),

judged as (

    select
        feeds.feed_id,
        feeds.activated_at,
        feeds.active_until is null as is_enabled,
        coalesce(
            feeds.active_until is null
            and last_poll.polled_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s),
            false
        ) as is_fresh,
        greatest(last_poll.polled_at - make_interval(secs => feeds.latency_s), newest.told_at) as told_until
    from feeds
    left join lateral (
        select polls.polled_at
        from polls
        where feeds.feed_id = polls.feed_id
        order by polls.committed_at desc
        limit 1
    ) as last_poll on true
    left join lateral (
        -- no clock of the platform runs ahead of ours; what is older than a poll counts, the poll answers for
        select max(least(receipts.updated_at, receipts.landed_at)) as told_at
        from receipts
        where
            feeds.feed_id = receipts.feed_id
            and receipts.sent_at > last_poll.polled_at - make_interval(secs => feeds.fresh_for_s)
    ) as newest on true

),

final as (

    select
        coalesce(bool_and(is_fresh) filter (where is_enabled), false) as is_fresh,
        min(activated_at) as told_from,
        case
            when bool_or(is_enabled and told_until is null) then null
            else coalesce(min(told_until) filter (where is_enabled), max(told_until))
        end as told_until
    from judged

)

select * from final
