{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['day', 'region_code', 'industry', 'category'],
        touched='touched_days_of_points',
        replaces=['day'],
    )
}}

-- Between full builds only days are counted again whose figures can have changed.
with

required as (

    select * from {{ ref('int_monitoring__required') }}

),

points as (

    select * from {{ ref('int_monitoring__point') }}

),

availability as (

    select * from {{ ref('metric_availability_daily') }}

),

camera_states as (

    select * from {{ ref('int_register__version') }}
    where
        register = 'camera_state'
        and is_listed

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- not materialized: read through their indexes, not as a whole
polls as not materialized (

    select * from {{ ref('stg_poll') }}

),

hours as not materialized (

    select * from {{ ref('fct_observation_hourly') }}

),

positions as not materialized (

    select * from {{ ref('stg_person_position') }}

),

days as (

    {{ days_of_points() }}

),

point_days as (

    select
        days.day,
        days.moment,
        points.*
    from days
    inner join points
        on
            days.moment > points.valid_from
            and days.moment <= points.valid_to

),

-- sources that said anything on the day: where we ourselves heard nothing, silence says nothing about the point
feed_days as (

    select
        days.day,
        feeds.feed_id,
        heard.committed_at is not null as is_heard,
        listed.committed_at is not null as is_listed,
        -- whole hours of the day that the feed owed
        floor(
            extract(
                epoch from least(
                    {{ day_start('(days.day + 1)') }}, {{ as_of() }} - make_interval(secs => feeds.latency_s)
                )
                - greatest({{ day_start('days.day') }}, feeds.active_from)
            )
            / 3600
        ) as owed_hours
    from days
    cross join feeds
    left join lateral (
        select polls.committed_at from polls
        where
            feeds.feed_id = polls.feed_id
            and polls.committed_at >= {{ day_start('days.day') }}
            and polls.committed_at <= days.moment
        limit 1
    ) as heard on true
    -- a list of cameras counts while it is within its promise; an answer that brings none says nothing
    left join lateral (
        select polls.committed_at from polls
        where
            feeds.main_table = 'camera'
            and feeds.feed_id = polls.feed_id
            and polls.committed_at > days.moment - make_interval(secs => feeds.fresh_for_s)
            and polls.committed_at <= days.moment
            and polls.n_new_records > 0
        limit 1
    ) as listed on true
    where feeds.feed_id in (select points.feed_id from points)

),

-- the stations that read the cards speak also while nobody is below
person_hours as (

    select
        owner_code as mine_code,
        hour_at
    from hours
    where
        variable like 'base\_station\_%'
        and hour_at >= (select {{ day_start('min(days.day)') }} from days)

    union

    select
        mine_code,
        date_trunc('hour', event_at) as hour_at
    from positions
    where
        event_at >= (select {{ day_start('min(days.day)') }} from days)
        and event_at <= {{ as_of() }}

),

heard_hours as (

    select
        mine_code,
        {{ local_day('hour_at') }} as day,
        count(*) as n_hours
    from person_hours
    group by mine_code, {{ local_day('hour_at') }}

),

-- share_live: of a point 0 or 1, of a system of positions the share of hours
judged as (

    select
        point_days.day,
        point_days.credit_code,
        point_days.category,
        case
            when point_days.register = 'camera'
                then
                    case
                        when not feed_days.is_listed or camera_states.entry is null then 'no_evidence'
                        when (camera_states.entry ->> 'is_online')::boolean then 'live'
                        else 'silent'
                    end
            when point_days.register = 'personnel'
                then
                    case
                        when heard_hours.n_hours > 0 then 'live'
                        when not feed_days.is_heard then 'no_evidence'
                        when feed_days.owed_hours >= 1 then 'silent'
                        else 'pending'
                    end
            when availability.is_live then 'live'
            when availability.expected_slots > 0 and feed_days.is_heard then 'silent'
            when availability.expected_slots > 0 then 'no_evidence'
            when availability.pending_slots > 0 then 'pending'
            when availability.excluded_slots > 0 then 'excluded'
            else 'no_evidence'
        end as state,
        case
            when point_days.register = 'personnel' and feed_days.owed_hours >= 1
                then least(coalesce(heard_hours.n_hours, 0) / feed_days.owed_hours, 1)
            else 1
        end as share
    from point_days
    inner join feed_days
        on
            point_days.feed_id = feed_days.feed_id
            and point_days.day = feed_days.day
    left join availability
        on
            point_days.feed_id = availability.feed_id
            and point_days.point_code = availability.point_code
            and point_days.day = availability.day
    left join camera_states
        on
            point_days.register = 'camera'
            and point_days.feed_id = camera_states.feed_id
            and point_days.point_code = camera_states.entry_code
            and point_days.moment > camera_states.valid_from
            and point_days.moment <= camera_states.valid_to
    left join heard_hours
        on
            point_days.register = 'personnel'
            and point_days.point_code = heard_hours.mine_code
            and point_days.day = heard_hours.day

),

watched as (

    select
        day,
        credit_code,
        category,
        count(*) as n_points,
        count(*) filter (where state = 'excluded') as n_excluded,
        coalesce(sum(share) filter (where state = 'live'), 0) as live,
        count(*) filter (where state = 'pending') as n_pending,
        count(*) filter (where state = 'no_evidence') as n_no_evidence
    from judged
    group by day, credit_code, category

),

required_days as (

    select
        days.day,
        required.*,
        {{ county_of('required.region_code') }} as county_code,
        {{ monitoring_state(
            'watched.n_points', 'watched.n_excluded', 'watched.live', 'watched.n_pending', 'watched.n_no_evidence',
            'required.least_live_share'
        ) }} as state
    from days
    inner join required
        on
            days.moment > required.valid_from
            and days.moment <= required.valid_to
    left join watched
        on
            days.day = watched.day
            and required.credit_code = watched.credit_code
            and required.category = watched.category

),

-- everything that an enterprise must have watched is as good as the worst of it; what is excluded asks for nothing
enterprise_days as (

    select
        day,
        county_code,
        industry,
        credit_code,
        'all' as category,
        (
            array_agg(state order by array_position({{ monitoring_states() }}, state)) filter (where is_mandatory)
        )[1] as state
    from required_days
    group by day, county_code, industry, credit_code

    union all

    select
        day,
        county_code,
        industry,
        credit_code,
        category,
        state
    from required_days
    where category is not null

),

counted as (

    select
        enterprise_days.day,
        enterprise_days.county_code as region_code,
        enterprise_days.industry,
        enterprise_days.category,
        count(*) filter (where enterprise_days.state <> 'excluded') as n_required,
        count(*) filter (where enterprise_days.state = 'live') as n_live,
        count(*) filter (where enterprise_days.state = 'partial') as n_partial,
        count(*) filter (where enterprise_days.state = 'silent') as n_silent,
        count(*) filter (where enterprise_days.state = 'no_point') as n_without_point,
        count(*) filter (where enterprise_days.state = 'pending') as n_pending,
        count(*) filter (where enterprise_days.state = 'no_evidence') as n_unknown,
        count(*) filter (where enterprise_days.state = 'excluded') as n_excluded,
        count(*) filter (where enterprise_days.state is null) as n_without_requirement
    from enterprise_days
    group by enterprise_days.day, enterprise_days.county_code, enterprise_days.industry, enterprise_days.category

),

final as (

    select
        day,
        region_code,
        industry,
        category,
        n_required,
        n_live,
        n_partial,
        n_silent,
        n_without_point,
        n_pending,
        n_unknown,
        n_excluded,
        n_without_requirement,
        {{ pct('n_live', 'n_required') }} as live_pct,
        100 * {{ var('monitoring_target') }}::double precision as target_pct,
        {{ share_state('n_live', 'n_required', 'n_pending', 'n_unknown', var('monitoring_target')) }} as state
    from counted

)

select * from final
