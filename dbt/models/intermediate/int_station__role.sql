-- One row per station, version of its definition and what the seed `station_object` says that stations of its type are.
with

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where register = 'station'

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

station_types as (

    select * from {{ ref('station_object') }}

),

final as (

    select
        points.*,
        station_type.object_type,
        station_type.role
    from points
    inner join feeds on points.feed_id = feeds.feed_id
    inner join lateral (
        select
            station_types.object_type,
            station_types.role
        from station_types
        where
            coalesce(nullif(station_types.domain, ''), feeds.domain) = feeds.domain
            and points.category ~ ('^(' || station_types.station_type || ')$')
        order by station_types.priority
        limit 1
    ) as station_type on true

)

select * from final
