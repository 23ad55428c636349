-- One row per feed that runs: how old is what we have of it, now. Content is as old as its newest record (one from the
-- future says nothing about today); a load is the last batch that brought anything new; a poll the last that the source
-- answered, with or without news.
with

feeds as (

    select * from {{ ref('dim_feed') }}
    where active_until is null or active_until > {{ as_of() }}

),

promises as (

    select * from {{ ref('dim_feed_version') }}
    where
        valid_from <= {{ as_of() }}
        and valid_to > {{ as_of() }}

),

heard as (

    select * from {{ ref('int_feed__heard') }}

),

clocks as (

    select * from {{ ref('int_feed__clock') }}

),

batches as (

    select * from {{ source('ops', 'batch') }}
    where
        state = 'LANDED'
        and inserted + updated > 0
        and committed_at <= {{ as_of() }}

),

publications as (

    select * from {{ source('ops', 'publication') }}
    where published_at <= {{ as_of() }}

),

points as (

    select
        feed_id,
        count(*) as n_points,
        count(*) filter (where state = 'SILENT') as n_points_silent,
        count(*) filter (where state = 'NO_EVIDENCE') as n_points_unknown
    from {{ ref('int_point__heard') }}
    group by feed_id

),

newest as (

    select
        feeds.feed_id,
        feeds.feed_name,
        feeds.domain,
        promises.department,
        feeds.activated_at,
        feeds.main_table = 'observation' or promises.expected_kind = 'entity_slots' as has_reporting_points,
        promises.expected_kind,
        promises.frequency_s,
        promises.slot_s,
        promises.latency_s,
        promises.transfer_times,
        {{ var('stale_after_intervals') }} * promises.slot_s + promises.latency_s as fresh_for_s,
        {{ var('stale_after_intervals') }} * promises.frequency_s + promises.latency_s as heard_for_s,
        content.event_at as newest_event_at,
        content.issued_at as newest_issued_at,
        content.counted_at as content_at,
        load.committed_at as last_loaded_at,
        published.published_at as last_published_at,
        heard.last_polled_at,
        heard.is_heard,
        -- the last transfer whose content must be here
        {{ last_transfer('(' ~ as_of() ~ ' - make_interval(secs => promises.latency_s))', 'promises.transfer_times') }}
            as last_due_at
    from feeds
    inner join promises on feeds.feed_id = promises.feed_id
    inner join heard on feeds.feed_id = heard.feed_id
    left join lateral (
        select
            clocks.event_at,
            clocks.issued_at,
            clocks.counted_at
        from clocks
        where
            feeds.feed_id = clocks.feed_id
            and feeds.promise_element = clocks.promise_element
            and clocks.counted_at <= {{ as_of() }}
        order by clocks.counted_at desc
        limit 1
    ) as content on true
    left join lateral (
        select batches.committed_at from batches
        where feeds.feed_id = batches.feed_id
        order by batches.committed_at desc
        limit 1
    ) as load on true
    left join lateral (
        select
            case when feeds.is_served_live then batches.committed_at else publications.published_at end as published_at
        from batches
        left join publications on batches.batch_id = publications.batch_id
        where
            feeds.feed_id = batches.feed_id
            and (feeds.is_served_live or publications.published_at is not null)
        order by batches.committed_at desc
        limit 1
    ) as published on true

),

aged as (

    select
        *,
        extract(epoch from {{ as_of() }} - content_at)::double precision as content_age_s,
        extract(epoch from {{ as_of() }} - last_loaded_at)::double precision as load_age_s,
        extract(epoch from {{ as_of() }} - last_polled_at)::double precision as poll_age_s,
        extract(epoch from {{ as_of() }} - activated_at)::double precision as active_for_s,
        {{ last_transfer("(last_due_at - interval '1 microsecond')", 'transfer_times') }} as transfer_before_at
    from newest

),

-- null: nothing was promised of it, or the time for the first has not come
judged as (

    select
        *,
        case
            when last_polled_at is not null or active_for_s > heard_for_s then not is_heard
        end as is_poll_stale,
        case
            when expected_kind = 'polls' then null
            when transfer_times is not null
                then case when last_due_at > activated_at then coalesce(last_loaded_at < last_due_at, true) end
            when last_loaded_at is not null or active_for_s > fresh_for_s then coalesce(load_age_s > fresh_for_s, true)
        end as is_load_stale,
        case
            when expected_kind = 'polls' then null
            when transfer_times is not null
                then case when last_due_at > activated_at then coalesce(content_at <= transfer_before_at, true) end
            when content_at is not null or active_for_s > fresh_for_s then coalesce(content_age_s > fresh_for_s, true)
        end as is_content_stale,
        case
            when expected_kind = 'polls' then last_polled_at + make_interval(secs => frequency_s)
            when transfer_times is not null
                then
                    {{ first_transfer("(last_due_at + interval '1 microsecond')", 'transfer_times') }}
                    + make_interval(secs => latency_s)
            else content_at + make_interval(secs => slot_s + latency_s)
        end as next_expected_at
    from aged

),

final as (

    select
        judged.feed_id,
        judged.feed_name,
        judged.domain,
        judged.department,
        judged.newest_event_at,
        judged.newest_issued_at,
        judged.content_at,
        judged.content_age_s,
        judged.last_loaded_at,
        judged.load_age_s,
        judged.last_polled_at,
        judged.poll_age_s,
        judged.last_published_at,
        judged.next_expected_at,
        judged.fresh_for_s,
        judged.heard_for_s,
        judged.is_content_stale,
        judged.is_load_stale,
        judged.is_poll_stale,
        case
            when judged.is_poll_stale and judged.last_polled_at is null then 'NO_EVIDENCE'
            when judged.is_poll_stale then 'POLL_STALE'
            when judged.is_load_stale then 'LOAD_STALE'
            when judged.is_content_stale then 'CONTENT_STALE'
            when judged.is_poll_stale is null then 'PENDING'
            when judged.expected_kind = 'entity_slots' and judged.is_content_stale is null then 'PENDING'
            else 'FRESH'
        end as state,
        coalesce(points.n_points, 0) as n_points,
        coalesce(points.n_points_silent, 0) as n_points_silent,
        coalesce(points.n_points_unknown, 0) as n_points_unknown,
        {{ as_of() }} as as_of
    from judged
    left join points
        on
            judged.feed_id = points.feed_id
            and judged.has_reporting_points

)

select * from final
