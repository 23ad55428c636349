-- One row per feed that runs: until when its silence means that there is nothing to tell.
with

feeds as (

    select * from {{ ref('dim_feed') }}
    where active_until is null

),

polls as (

    select * from {{ ref('stg_poll') }}

),

final as (

    select
        feeds.feed_id,
        feeds.main_table,
        max(polls.polled_at) as polled_at,
        max(polls.polled_at) + make_interval(secs => feeds.fresh_for_s) as fresh_until,
        coalesce(max(polls.polled_at) + make_interval(secs => feeds.fresh_for_s) > {{ as_of() }}, false) as is_fresh
    from feeds
    left join polls
        on
            feeds.feed_id = polls.feed_id
            -- a poll is committed after it was made: committed_at has an index, so it bounds the search
            and polls.committed_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
    group by feeds.feed_id, feeds.main_table, feeds.fresh_for_s

)

select * from final
