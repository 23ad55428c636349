{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['day', 'region_code', 'layer'],
        touched='touched_days_of_points',
        replaces=['day'],
    )
}}

-- Between full builds only days are counted again whose figures can have changed.
with

layers as (

    select
        layer,
        name_zh,
        name_en,
        nullif(entries, '') as entries,
        nullif(expected_where, '') as expected_where,
        nullif(main_tables, '') as main_tables
    from {{ ref('risk_layer') }}

),

registered as (

    select * from {{ ref('int_layer__entry') }}
    where county_code <> 'unknown'

),

availability as (

    select * from {{ ref('metric_availability_daily') }}

),

points as (

    select distinct
        feed_id,
        point_code,
        register
    from {{ ref('dim_monitoring_point') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- not materialized: read through its index, not as a whole
polls as not materialized (

    select * from {{ ref('stg_poll') }}

),

days as (

    {{ days_of_points() }}

),

-- thousands of entries come down to a few spans
spans as (

    select
        entry,
        county_code,
        valid_to,
        min(valid_from) as valid_from
    from registered
    group by entry, county_code, valid_to

),

names as (

    select distinct entry from spans

),

members as (

    select
        layers.layer,
        names.entry,
        coalesce(names.entry ~ ('^(' || layers.entries || ')$'), false) as is_part,
        coalesce(names.entry ~ ('^(' || layers.expected_where || ')$'), false) as is_reason
    from layers
    cross join names

),

-- counties that have enterprises or villages
counties as (

    select distinct
        days.day,
        days.moment,
        spans.county_code
    from days
    inner join spans
        on
            (spans.entry = 'village' or spans.entry like 'enterprise:%')
            and days.moment > spans.valid_from
            and days.moment <= spans.valid_to

),

found as (

    select
        counties.day,
        counties.county_code,
        members.layer,
        bool_or(members.is_part) as is_part,
        bool_or(members.is_reason) as is_reason
    from counties
    inner join spans
        on
            counties.county_code = spans.county_code
            and counties.moment > spans.valid_from
            and counties.moment <= spans.valid_to
    inner join members on spans.entry = members.entry
    where members.is_part or members.is_reason
    group by counties.day, counties.county_code, members.layer

),

feed_days as (

    select
        days.day,
        feeds.feed_id,
        feeds.main_table,
        feeds.active_from > days.moment - make_interval(secs => feeds.fresh_for_s) as is_young,
        feeds.fresh_for_s,
        days.moment,
        last_poll.polled_at
    from days
    inner join feeds
        on
            days.moment > feeds.active_from
            and days.moment <= coalesce(feeds.active_until, {{ forever() }})
    left join lateral (
        select polls.polled_at from polls
        where
            feeds.feed_id = polls.feed_id
            and polls.committed_at <= days.moment
        order by polls.committed_at desc
        limit 1
    ) as last_poll on true

),

-- the freshest of the feeds that bring a layer speaks for it
polled as (

    select
        layers.layer,
        feed_days.day,
        count(*) as n_feeds,
        max(feed_days.polled_at) as last_polled_at,
        bool_or(
            coalesce(
                feed_days.polled_at > feed_days.moment - make_interval(secs => feed_days.fresh_for_s), false
            )
        ) as is_fresh,
        bool_or(feed_days.is_young) as is_pending,
        bool_or(not feed_days.is_young) as is_owed
    from layers
    inner join feed_days on feed_days.main_table ~ ('^(' || layers.main_tables || ')$')
    group by layers.layer, feed_days.day

),

-- of a point without a schedule any record is a sign
point_groups as (

    select
        availability.day,
        {{ county_of('availability.region_code') }} as county_code,
        availability.feed_id,
        'point:' || points.register || ':' || coalesce(availability.category, '') as entry,
        count(*) as n_points,
        count(*) filter (where availability.is_live) as n_live_points,
        bool_or(
            availability.is_live or (availability.class = 'no_schedule' and availability.n_records > 0)
        ) as is_fresh,
        bool_or(availability.pending_slots > 0) as is_pending,
        bool_or(availability.expected_slots > 0) as is_owed
    from availability
    inner join days on availability.day = days.day
    inner join points
        on
            availability.feed_id = points.feed_id
            and availability.point_code = points.point_code
    group by
        availability.day,
        {{ county_of('availability.region_code') }},
        availability.feed_id,
        'point:' || points.register || ':' || coalesce(availability.category, '')

),

measured as (

    select
        layers.layer,
        point_groups.day,
        point_groups.county_code,
        count(distinct point_groups.feed_id) as n_feeds,
        sum(point_groups.n_points)::bigint as n_points,
        sum(point_groups.n_live_points)::bigint as n_live_points,
        bool_or(point_groups.is_fresh) as is_fresh,
        bool_or(point_groups.is_pending) as is_pending,
        bool_or(point_groups.is_owed) as is_owed
    from point_groups
    inner join layers on point_groups.entry ~ ('^(' || layers.entries || ')$')
    where layers.main_tables is null
    group by layers.layer, point_groups.day, point_groups.county_code

),

judged as (

    select
        counties.day,
        counties.county_code,
        layers.layer,
        layers.name_zh,
        layers.name_en,
        layers.entries is not null as is_of_places,
        layers.expected_where is null or coalesce(found.is_reason, false) as is_expected,
        case
            when layers.entries is null then coalesce(polled.n_feeds, 0) > 0
            else coalesce(found.is_part, false)
        end as is_present,
        coalesce(measured.is_fresh, polled.is_fresh, false) as is_fresh,
        coalesce(measured.is_pending, polled.is_pending, false) as is_pending,
        coalesce(measured.is_owed, polled.is_owed, false) as is_owed,
        coalesce(measured.n_feeds, polled.n_feeds, 0) as n_feeds,
        coalesce(measured.n_points, 0) as n_points,
        coalesce(measured.n_live_points, 0) as n_live_points,
        polled.last_polled_at
    from counties
    cross join layers
    left join found
        on
            counties.day = found.day
            and counties.county_code = found.county_code
            and layers.layer = found.layer
    left join polled
        on
            counties.day = polled.day
            and layers.layer = polled.layer
    left join measured
        on
            counties.day = measured.day
            and counties.county_code = measured.county_code
            and layers.layer = measured.layer

),

final as (

    select
        day,
        county_code as region_code,
        layer,
        name_zh,
        name_en,
        is_expected,
        is_present,
        is_fresh,
        n_feeds,
        n_points,
        n_live_points,
        last_polled_at,
        case
            when is_expected and is_present and is_fresh then 'MET'
            when not is_expected then 'NO_EVIDENCE'
            when not is_present and is_of_places then 'MISSED'
            when is_owed then 'MISSED'
            when is_pending then 'PENDING'
            else 'NO_EVIDENCE'
        end as state
    from judged

)

select * from final
