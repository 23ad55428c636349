-- One row per feed that runs: whether its source answered lately. Where we ourselves hear nothing, the silence of a
-- point says nothing about the point.
with

feeds as (

    select * from {{ ref('dim_feed') }}
    where active_until is null or active_until > {{ as_of() }}

),

polls as (

    select * from {{ ref('stg_poll') }}

),

final as (

    select
        feeds.feed_id,
        feeds.department,
        feeds.domain,
        feeds.main_table,
        feeds.slot_s,
        feeds.latency_s,
        feeds.fresh_for_s,
        feeds.active_from,
        last_poll.polled_at as last_polled_at,
        coalesce(
            last_poll.polled_at >= {{ as_of() }} - make_interval(
                secs => {{ var('stale_after_intervals') }} * feeds.frequency_s + feeds.latency_s
            ),
            false
        ) as is_heard
    from feeds
    left join lateral (
        select polls.polled_at from polls
        where
            feeds.feed_id = polls.feed_id
            and polls.committed_at <= {{ as_of() }}
        order by polls.committed_at desc
        limit 1
    ) as last_poll on true

)

select * from final
