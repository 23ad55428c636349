-- One row per mine: those of the register, and those that only their own systems name.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

points as (

    select * from {{ ref('int_point__heard') }}

),

feeds as (

    select * from {{ ref('int_feed__heard') }}

),

hours as (

    select * from {{ ref('fct_observation_hourly') }}
    where
        hour_at > {{ as_of() }} - interval '25 hours'
        and hour_at <= {{ as_of() }}

),

positions as (

    select
        *,
        left_mine_at is null and coalesce(in_out, 'unknown') <> 'out' as is_below
    from {{ ref('stg_person_position') }}
    where event_at <= {{ as_of() }}

),

-- a snapshot that names nobody is told as a count
empty_snapshots as (

    select
        feed_id,
        owner_code as mine_code,
        event_at
    from {{ ref('stg_observation') }}
    where
        variable = 'person_count'
        and value = 0
        and event_at <= {{ as_of() }}

),

areas as (

    select * from {{ ref('stg_mine_area') }}

),

cameras as (

    {{ listed('stg_camera', 'camera', 'camera_code') }}

),

alarms as (

    select * from {{ ref('int_alarm__open') }}

),

codes as (

    select owner_code as mine_code from points
    where register in ('sensor', 'equipment_point', 'water_point')

    union

    select mine_code from areas

    union

    select mine_code from enterprises
    where mine_code is not null

),

-- under one code or, where an enterprise has none or several, under its credit code
mines as (

    select
        codes.mine_code,
        coalesce(aliases.credit_code, enterprises.credit_code) as credit_code
    from codes
    left join aliases on codes.mine_code = aliases.code
    left join enterprises on codes.mine_code = enterprises.mine_code

    union

    select
        mine_code,
        credit_code
    from enterprises
    where industry = 'coal_mine'

),

-- monitoring of safety 安全监控
safety as (

    select
        points.owner_code as mine_code,
        count(*) as n_sensors,
        count(*) filter (where points.state = 'REPORTING') as n_reporting,
        count(*) filter (where points.is_faulty) as n_faulty,
        max(points.last_event_at) as last_at,
        bool_or(feeds.is_heard) as is_heard
    from points
    left join feeds on points.feed_id = feeds.feed_id
    where points.register = 'sensor'
    group by points.owner_code

),

-- positions of persons 人员定位: the newest snapshot of each mine that is still evidence
told as (

    select
        feed_id,
        mine_code,
        event_at
    from positions
    union all
    select * from empty_snapshots

),

snapshots as (

    select
        told.mine_code,
        max(told.event_at) as snapshot_at
    from told
    inner join feeds on told.feed_id = feeds.feed_id
    where
        -- the first bound lets an index on event_at be used, the second is that of each feed
        told.event_at > (
            select {{ as_of() }} - make_interval(secs => max(slowest.fresh_for_s)) from feeds as slowest
            where slowest.main_table = 'person_position'
        )
        and told.event_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
    group by told.mine_code

),

below as (

    select
        snapshots.mine_code,
        snapshots.snapshot_at,
        positions.area_code,
        count(distinct positions.person_hash) filter (where positions.is_below) as n_persons,
        count(distinct positions.person_hash) filter (
            where positions.is_below and positions.is_leader
        ) as n_leaders
    from snapshots
    left join positions
        on
            snapshots.mine_code = positions.mine_code
            and snapshots.snapshot_at = positions.event_at
    group by snapshots.mine_code, snapshots.snapshot_at, positions.area_code

),

over_quota as (

    select
        below.mine_code,
        max(below.snapshot_at) as snapshot_at,
        sum(below.n_persons) as n_persons,
        sum(below.n_leaders) as n_leaders,
        count(*) filter (where below.n_persons > areas.quota) as n_areas_over_quota
    from below
    left join areas
        on
            below.mine_code = areas.mine_code
            and below.area_code = areas.area_code
    group by below.mine_code

),

quotas as (

    select
        areas.mine_code,
        count(*) as n_areas,
        min(areas.feed_id) as feed_id
    from areas
    group by areas.mine_code

),

-- the stations that read the cards speak also while nobody is below
base_stations as (

    select
        hours.owner_code as mine_code,
        max(hours.last_event_at) as last_at,
        min(hours.feed_id) as feed_id
    from hours
    where hours.variable like 'base\_station\_%'
    group by hours.owner_code

),

persons as (

    select
        codes.mine_code,
        greatest(over_quota.snapshot_at, base_stations.last_at) as last_at,
        over_quota.snapshot_at,
        over_quota.n_persons,
        over_quota.n_leaders,
        over_quota.n_areas_over_quota,
        quotas.n_areas,
        feeds.is_heard,
        feeds.fresh_for_s
    from codes
    left join over_quota on codes.mine_code = over_quota.mine_code
    left join base_stations on codes.mine_code = base_stations.mine_code
    left join quotas on codes.mine_code = quotas.mine_code
    left join feeds on coalesce(quotas.feed_id, base_stations.feed_id) = feeds.feed_id

),

-- pictures 视频
watched as (

    select
        coalesce(aliases.credit_code, cameras.enterprise_code) as credit_code,
        count(*) as n_cameras,
        count(*) filter (where cameras.is_online) as n_online,
        count(*) filter (where cameras.has_ai) as n_ai,
        max(cameras.updated_at) as last_at,
        bool_or(cameras.updated_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)) as is_fresh
    from cameras
    left join feeds on cameras.feed_id = feeds.feed_id
    left join aliases on cameras.enterprise_code = aliases.code
    group by coalesce(aliases.credit_code, cameras.enterprise_code)

),

alarmed as (

    select
        owner_code as mine_code,
        count(*) as n_open,
        count(*) filter (where variable in ('methane_pct', 'carbon_monoxide_ppm')) as n_gas,
        count(*) filter (where alarm_type = 'over_quota') as n_over_quota,
        {{ highest_level('level') }} as highest_level
    from alarms
    group by owner_code

),

judged as (

    select
        mines.mine_code,
        mines.credit_code,
        case
            when safety.n_reporting > 0 then 'CONNECTED'
            when safety.is_heard then 'DISCONNECTED'
            else 'NO_EVIDENCE'
        end as safety_state,
        case
            -- the snapshot was chosen for being evidence
            when persons.snapshot_at is not null then 'CONNECTED'
            when persons.last_at > {{ as_of() }} - make_interval(secs => persons.fresh_for_s) then 'CONNECTED'
            when persons.is_heard then 'DISCONNECTED'
            else 'NO_EVIDENCE'
        end as personnel_state,
        case
            when watched.is_fresh and watched.n_online > 0 then 'CONNECTED'
            when watched.is_fresh then 'DISCONNECTED'
            else 'NO_EVIDENCE'
        end as video_state,
        safety.last_at as safety_last_at,
        safety.n_sensors,
        safety.n_reporting,
        safety.n_faulty,
        persons.last_at as personnel_last_at,
        persons.snapshot_at,
        persons.n_persons,
        persons.n_leaders,
        persons.n_areas,
        persons.n_areas_over_quota,
        watched.last_at as video_last_at,
        watched.n_cameras,
        watched.n_online,
        watched.n_ai,
        alarmed.n_open,
        alarmed.n_gas,
        alarmed.n_over_quota,
        alarmed.highest_level
    from mines
    left join safety on mines.mine_code = safety.mine_code
    left join persons on mines.mine_code = persons.mine_code
    left join watched on mines.credit_code = watched.credit_code
    left join alarmed on mines.mine_code = alarmed.mine_code

),

counted as (

    select
        *,
        (safety_state = 'CONNECTED')::integer
        + (personnel_state = 'CONNECTED')::integer
        + (video_state = 'CONNECTED')::integer as n_systems_connected
    from judged

),

final as (

    select
        ---------- ids
        counted.mine_code,
        counted.credit_code,
        enterprises.enterprise_name as mine_name,
        enterprises.region_code,
        coalesce(enterprises.static_level, 'unknown') as static_level,
        enterprises.credit_code is not null as is_registered,

        ---------- the three systems
        counted.n_systems_connected,
        counted.n_systems_connected = 3 as is_connected,
        counted.safety_state,
        counted.personnel_state,
        counted.video_state,

        ---------- monitoring of safety
        coalesce(counted.n_sensors, 0)::integer as n_sensors,
        coalesce(counted.n_reporting, 0)::integer as n_sensors_reporting,
        coalesce(counted.n_faulty, 0)::integer as n_sensors_faulty,
        counted.safety_last_at,

        ---------- persons
        counted.n_persons::integer as persons_below,
        counted.n_leaders::integer as leaders_below,
        coalesce(counted.n_areas, 0)::integer as n_areas,
        case when counted.snapshot_at is not null then counted.n_areas_over_quota end::integer as n_areas_over_quota,
        case
            when coalesce(counted.n_gas, 0) = 0 and counted.safety_state = 'CONNECTED' then 0
            when counted.n_gas > 0 then counted.n_persons
        end::integer as persons_below_in_gas_alarm,
        counted.personnel_last_at,

        ---------- cameras
        coalesce(counted.n_cameras, 0)::integer as n_cameras,
        coalesce(counted.n_online, 0)::integer as n_cameras_online,
        coalesce(counted.n_ai, 0)::integer as n_cameras_ai,
        counted.video_last_at,

        ---------- alarms that stand
        coalesce(counted.n_open, 0)::integer as n_alarms_open,
        coalesce(counted.n_gas, 0)::integer as n_gas_alarms_open,
        coalesce(counted.n_over_quota, 0)::integer as n_over_quota_alarms_open,
        counted.highest_level as highest_alarm_level,
        {{ as_of() }} as as_of
    from counted
    left join enterprises on counted.credit_code = enterprises.credit_code

)

select * from final
