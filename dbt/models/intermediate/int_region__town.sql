-- One row per town of the newest village register, drawn around its villages: boundaries of towns are not published.
-- The county is divided into the cells that lie nearest to each village (Voronoi), and the cells of a town are joined.
-- A county of which only one town is known is not divided: what is not registered would all become that town.
with

villages as (

    select distinct on (village_code) * from {{ ref('stg_village') }}
    order by village_code, year desc, fetched_at desc, feed_id

),

counties as (

    select
        region_code,
        {{ as_multipolygon('geom') }} as geometry
    from {{ source('reference', 'region_boundary') }}
    where level = 'county'

),

named as (

    select
        left(village_code, 9) as region_code,
        left(village_code, 6) as county_code,
        mode() within group (order by town_name) as region_name
    from villages
    group by left(village_code, 9), left(village_code, 6)

),

-- a village outside its county is in the wrong place and draws nothing
places as (

    select
        villages.village_code,
        left(villages.village_code, 9) as town_code,
        counties.region_code as county_code,
        counties.geometry as county,
        villages.geometry
    from villages
    inner join counties on left(villages.village_code, 6) = counties.region_code
    where st_covers(counties.geometry, villages.geometry)

),

cells as (

    select
        county_code,
        county,
        (st_dump(st_voronoipolygons(st_collect(geometry), 0, st_envelope(county)))).geom as geometry
    from places
    group by county_code, county
    having count(distinct town_code) > 1

),

-- of villages in one place the first takes the cell
owned as (

    select distinct on (cells.county_code, cells.geometry)
        cells.county,
        cells.geometry,
        places.town_code
    from cells
    inner join places
        on
            cells.county_code = places.county_code
            and st_covers(cells.geometry, places.geometry)
    order by cells.county_code, cells.geometry, places.village_code

),

drawn as (

    select
        town_code,
        {{ as_multipolygon('st_intersection(st_union(geometry), county)') }} as geometry
    from owned
    group by town_code, county

),

final as (

    select
        named.region_code,
        named.region_name,
        'town' as region_level,
        named.county_code as parent_code,
        drawn.geometry,
        'village register; boundary drawn around its villages (Voronoi cells within the county), not surveyed' as source
    from named
    left join drawn on named.region_code = drawn.town_code

)

select * from final
