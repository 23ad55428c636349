-- One row per waterlogging point. Rain is that of the nearest gauge with evidence, depth that of a sensor at the point.
with

points as (

    {{ listed('stg_waterlogging_point', 'waterlogging_point', 'point_code') }}

),

heard as (

    select * from {{ ref('int_point__heard') }}
    where geometry is not null

),

observations as (

    select * from {{ ref('stg_observation') }}
    where
        event_at > {{ as_of() }} - interval '1 hour'
        and event_at <= {{ as_of() }}
        and value is not null
        and {{ is_evidence('status_flags') }}

),

forecasts as (

    select * from {{ ref('stg_forecast') }}
    where
        variable = 'precipitation_mm'
        and interval_h = 1
        and event_at > {{ as_of() }}
        and event_at <= {{ as_of() }} + interval '3 hours'
        and issued_at <= {{ as_of() }}

),

depth_variables as (

    select * from {{ ref('waterlogging_depth_variable') }}

),

levels as (

    select * from {{ ref('waterlogging_level') }}

),

amounts as (

    select
        *,
        {{ is_overlapping('feed_id, station_code') }} as is_overlapping
    from observations
    -- amounts of more than the hour cannot be told apart within it
    where
        variable = 'rain_mm'
        and interval_h <= 1

),

lanes as (

    select
        *,
        {{ amount_lane('feed_id, station_code') }} as lane
    from amounts

),

-- of amounts that overlap, those that end with the newest
newest as (

    select
        *,
        lane = first_value(lane) over (
            partition by feed_id, station_code
            order by event_at desc
        ) as is_counted
    from lanes

),

-- materialized: asked once per point otherwise
gauges as materialized (

    select
        heard.feed_id,
        heard.point_code,
        heard.geometry,
        sum(newest.value::numeric)::double precision as rain_mm,
        sum(newest.interval_h::numeric)::double precision as covered_h,
        max(newest.event_at) as last_event_at
    from heard
    inner join newest
        on
            heard.feed_id = newest.feed_id
            and heard.point_code = newest.station_code
    where newest.is_counted
    group by heard.feed_id, heard.point_code, heard.geometry

),

sensors as materialized (

    select distinct on (heard.feed_id, heard.point_code)
        heard.feed_id,
        heard.point_code,
        heard.geometry,
        observations.value * depth_variables.cm_per_unit as depth_cm,
        observations.event_at
    from heard
    inner join observations
        on
            heard.feed_id = observations.feed_id
            and heard.point_code = observations.station_code
    inner join depth_variables on observations.variable = depth_variables.variable
    where heard.state = 'REPORTING'
    order by heard.feed_id, heard.point_code, observations.event_at desc, observations.variable

),

issues as (

    select
        feed_id,
        place_code,
        model,
        geometry,
        issued_at,
        sum(value::numeric)::double precision as rain_mm
    from forecasts
    where geometry is not null
    group by feed_id, place_code, model, geometry, issued_at
    having count(value) = 3

),

newest_issues as materialized (

    select distinct on (feed_id, place_code) * from issues
    order by feed_id, place_code, issued_at desc, model

),

final as (

    select
        ---------- ids
        points.feed_id,
        points.point_code,
        points.region_code,

        ---------- attributes
        points.point_name,
        points.place_type,
        points.owner_name,
        points.pumps,
        points.is_rebuilt,
        points.rebuilt_at,
        points.warning_depth_cm,
        points.deepest_cm,
        points.geometry,

        ---------- rain
        gauge.feed_id as gauge_feed_id,
        gauge.point_code as gauge_point_code,
        gauge.distance_km as gauge_distance_km,
        gauge.rain_mm as rain_1h_mm,
        gauge.covered_h as rain_1h_covered_h,
        forecast.rain_mm as forecast_3h_mm,
        forecast.issued_at as forecast_issued_at,
        forecast.distance_km as forecast_distance_km,

        ---------- depth
        sensor.point_code as sensor_point_code,
        sensor.depth_cm,
        sensor.event_at as depth_at,
        case
            when sensor.depth_cm is null or coalesce(points.warning_depth_cm, 0) <= 0 then 'unknown'
            else coalesce(grade.level, 'blue')
        end as level,
        {{ as_of() }} as as_of,

        ---------- origin
        points.batch_id
    from points
    left join lateral (
        select
            gauges.*,
            st_distance(points.geometry::geography, gauges.geometry::geography) / 1000 as distance_km
        from gauges
        where st_dwithin(points.geometry::geography, gauges.geometry::geography, {{ var('gauge_radius_m') }})
        order by distance_km, gauges.feed_id, gauges.point_code
        limit 1
    ) as gauge on true
    left join lateral (
        select
            newest_issues.*,
            st_distance(points.geometry::geography, newest_issues.geometry::geography) / 1000 as distance_km
        from newest_issues
        where st_dwithin(points.geometry::geography, newest_issues.geometry::geography, {{ var('gauge_radius_m') }} * 5)
        order by distance_km, newest_issues.feed_id, newest_issues.place_code
        limit 1
    ) as forecast on true
    left join lateral (
        select sensors.* from sensors
        where st_dwithin(points.geometry::geography, sensors.geometry::geography, {{ var('depth_sensor_radius_m') }})
        order by
            st_distance(points.geometry::geography, sensors.geometry::geography),
            sensors.feed_id,
            sensors.point_code
        limit 1
    ) as sensor on true
    left join lateral (
        select levels.level from levels
        where sensor.depth_cm >= levels.share_of_warning * points.warning_depth_cm
        order by levels.share_of_warning desc
        limit 1
    ) as grade on true

)

select * from final
