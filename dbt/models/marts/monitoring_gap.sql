-- Now, from what was heard last: metric_monitoring_daily counts whole days by slots.
with

required as (

    select * from {{ ref('int_monitoring__required') }}
    where
        category is not null
        and valid_from < {{ as_of() }}
        and valid_to >= {{ as_of() }}

),

points as (

    select * from {{ ref('int_monitoring__point') }}
    where
        valid_from < {{ as_of() }}
        and valid_to >= {{ as_of() }}

),

registered as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_current
        and is_in_use

),

heard as (

    select * from {{ ref('int_point__heard') }}

),

availability as (

    select * from {{ ref('metric_availability_daily') }}
    where
        n_records > 0
        and day >= {{ local_day(as_of()) }} - {{ var('availability_hours_days') }}

),

cameras as (

    select * from {{ ref('stg_camera') }}

),

camera_states as (

    select * from {{ ref('int_register__version') }}
    where
        register = 'camera_state'
        and valid_to = {{ forever() }}

),

hours as (

    select * from {{ ref('fct_observation_hourly') }}
    where
        hour_at > {{ as_of() }} - interval '25 hours'
        and hour_at <= {{ as_of() }}
        and variable like 'base\_station\_%'

),

positions as (

    select * from {{ ref('stg_person_position') }}
    where
        event_at > {{ as_of() }} - interval '25 hours'
        and event_at <= {{ as_of() }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

heard_feeds as (

    select * from {{ ref('int_feed__heard') }}

),

regions as (

    select * from {{ ref('dim_region') }}
    where is_current

),

-- the stations that read the cards speak also while nobody is below
mines as (

    select
        mine_code,
        max(last_at) as last_at
    from (
        select
            owner_code as mine_code,
            last_event_at as last_at
        from hours

        union all

        select
            mine_code,
            event_at as last_at
        from positions
    ) as signs
    group by mine_code

),

judged as (

    select
        points.credit_code,
        points.category,
        points.feed_id,
        points.point_code,
        feeds.department,
        case
            when points.register = 'camera'
                then
                    case
                        when cameras.updated_at is null then 'no_evidence'
                        when cameras.updated_at <= {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
                            then 'no_evidence'
                        when cameras.is_online then 'live'
                        else 'silent'
                    end
            when points.register = 'personnel'
                then
                    case
                        when mines.last_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s) then 'live'
                        when heard_feeds.is_heard then 'silent'
                        else 'no_evidence'
                    end
            when heard.state = 'REPORTING' then 'live'
            when heard.state = 'SILENT' then 'silent'
            else 'no_evidence'
        end as state,
        case points.register
            when 'camera' then camera_states.valid_from
            when 'personnel' then mines.last_at
            else heard.last_event_at
        end as last_sign_at
    from points
    left join feeds on points.feed_id = feeds.feed_id
    left join heard_feeds on points.feed_id = heard_feeds.feed_id
    left join heard
        on
            points.feed_id = heard.feed_id
            and points.point_code = heard.point_code
            and points.register = heard.register
    left join cameras
        on
            points.register = 'camera'
            and points.feed_id = cameras.feed_id
            and points.point_code = cameras.camera_code
    left join camera_states
        on
            points.register = 'camera'
            and points.feed_id = camera_states.feed_id
            and points.point_code = camera_states.entry_code
    left join mines
        on
            points.register = 'personnel'
            and points.point_code = mines.mine_code

),

last_days as (

    select
        feed_id,
        point_code,
        max(day) as day
    from availability
    group by feed_id, point_code

),

-- what was heard last of points that do not speak now: hours are looked back for a day, days for longer
last_signs as (

    select
        judged.*,
        case
            when judged.state <> 'live' then coalesce(judged.last_sign_at, {{ day_start('(last_days.day + 1)') }})
        end as silent_since
    from judged
    left join last_days
        on
            judged.feed_id = last_days.feed_id
            and judged.point_code = last_days.point_code

),

-- materialized: computed once, however many rows the planner expects
watched as materialized (

    select
        credit_code,
        category,
        count(*) as n_points,
        count(*) filter (where state = 'live') as n_live,
        count(*) filter (where state = 'no_evidence') as n_no_evidence,
        max(silent_since) as silent_since,
        string_agg(distinct department, '、' order by department) as departments
    from last_signs
    group by credit_code, category

),

-- who delivers such points of other enterprises
deliverers as (

    select
        asked.points,
        string_agg(distinct feeds.department, '、' order by feeds.department) as departments
    from (select distinct required.points from required) as asked
    inner join registered on {{ is_point_of('registered.register', 'registered.category', 'asked.points') }}
    inner join feeds on registered.feed_id = feeds.feed_id
    group by asked.points

),

states as (

    select
        required.*,
        coalesce(watched.n_points, 0) as n_points,
        coalesce(watched.n_live, 0) as n_live,
        watched.silent_since,
        coalesce(watched.departments, deliverers.departments) as departments,
        {{ monitoring_state(
            'watched.n_points', '0', 'watched.n_live', '0', 'watched.n_no_evidence', 'required.least_live_share'
        ) }} as missing
    from required
    left join watched
        on
            required.credit_code = watched.credit_code
            and required.category = watched.category
    left join deliverers on required.points = deliverers.points

),

final as (

    select
        states.credit_code,
        states.enterprise_name,
        states.industry,
        states.region_code,
        regions.region_name,
        states.category,
        states.name_zh as category_zh,
        states.name_en as category_en,
        states.is_mandatory,
        states.missing,
        states.n_points,
        states.n_live,
        case
            when states.missing <> 'no_point' then states.silent_since
            when states.valid_from > {{ always() }} then states.valid_from
        end as missing_since,
        states.departments,
        {{ as_of() }} as as_of
    from states
    left join regions on left(states.region_code, 6) = regions.region_code
    where states.missing <> 'live'

)

select * from final
