-- One row per object, river station near by and reservoir upstream of it. What can be known: the reservoir lies on the
-- same river, levels are told in the same datum, and its own level is higher than the station's. Where the register
-- names no river or no datum, nothing is upstream of anything.
with

conditions as (

    select distinct
        object_type,
        radius_km
    from {{ ref('int_risk__condition') }}
    where scope = 'upstream'

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

points as (

    select
        *,
        -- fixed levels, so that the link doesn't change with the water
        coalesce(
            thresholds ->> 'normal_level_m', thresholds ->> 'dead_level_m', thresholds ->> 'warning_level_m',
            thresholds ->> 'guarantee_level_m'
        )::double precision as elevation_m
    from {{ ref('int_risk__threshold') }}
    where
        register = 'station'
        and river_name is not null
        and datum_name is not null

),

links as (

    select
        reservoirs.feed_id,
        reservoirs.point_code,
        rivers.geometry as near_geometry,
        rivers.point_name as near_name
    from points as rivers
    inner join points as reservoirs
        on
            rivers.river_name = reservoirs.river_name
            and rivers.datum_name = reservoirs.datum_name
            and rivers.elevation_m < reservoirs.elevation_m
    where
        rivers.category in ('ZZ', 'ZQ')
        and reservoirs.category = 'RR'

),

final as (

    select distinct
        objects.object_id,
        objects.object_type,
        conditions.radius_km,
        links.feed_id,
        links.point_code
    from conditions
    inner join objects on conditions.object_type = objects.object_type
    inner join links on {{ is_within_km('objects.geometry', 'links.near_geometry', 'conditions.radius_km') }}

)

select * from final
