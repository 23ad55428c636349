-- One row per risk object that the map shows: enterprises that are not closed, and water stations in use.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current and status <> 'closed'

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where domain = 'water'

),

-- the register of stations is shared: those of weather, ground and plants are no water stations
points as (

    select points.* from {{ ref('dim_monitoring_point') }} as points
    inner join feeds on points.feed_id = feeds.feed_id
    where
        points.is_current
        and points.is_in_use
        and points.register = 'station'

),

final as (

    select
        case
            when industry in ('coal_mine', 'non_coal_mine') then 'mine'
            when industry = 'tailings' then 'tailings_pond'
            else 'enterprise'
        end as object_type,
        'enterprise:' || credit_code as object_id,
        enterprise_name as object_name,
        region_code,
        geometry,
        static_level,
        mine_code,
        null::text as feed_id,
        null::text as point_code
    from enterprises

    union all

    select
        'water_station' as object_type,
        'station:' || feed_id || ':' || point_code as object_id,
        point_name as object_name,
        region_code,
        geometry,
        'unknown' as static_level,
        null as mine_code,
        feed_id,
        point_code
    from points

)

select * from final
