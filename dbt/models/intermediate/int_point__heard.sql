-- One row per monitoring point in use: when it last said anything within a day, and what its silence means.
with

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_current
        and is_in_use

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

said as (

    select
        feed_id,
        point_code,
        max(last_event_at) as last_event_at,
        sum(n_records) as n_records,
        -- of the newest hour: whether its source marked all of it as no measurement
        (array_agg(n_readings = 0 order by hour_at desc, variable))[1] as is_faulty
    from hours
    group by feed_id, point_code

),

final as (

    select
        points.feed_id,
        points.point_code,
        points.register,
        points.point_name,
        points.category,
        points.owner_code,
        points.region_code,
        points.geometry,
        said.last_event_at,
        coalesce(said.n_records, 0)::integer as n_records_24h,
        case
            when said.last_event_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s) then 'REPORTING'
            when feeds.is_heard then 'SILENT'
            else 'NO_EVIDENCE'
        end as state,
        coalesce(said.is_faulty, false)
        and said.last_event_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s) as is_faulty
    from points
    left join feeds on points.feed_id = feeds.feed_id
    left join said
        on
            points.feed_id = said.feed_id
            and points.point_code = said.point_code

)

select * from final
