{{
    config(
        materialized='kept_table',
        unique_key=['place_kind', 'place_id'],
        indexes=[{'columns': ['location'], 'type': 'gist'}],
    )
}}

-- One row per object, enterprise and village that the map counts: the region and the cell of the grid that it lies in.
-- Kept apart from what is counted, because places hardly ever change and levels do all the time.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current and status <> 'closed'

),

villages as (

    select * from {{ ref('int_map__village') }}

),

-- not materialized: read through its indexes, not as a whole
regions as not materialized (

    select * from {{ ref('dim_region') }}
    where is_current

),

places as (

    select
        'object' as place_kind,
        object_id as place_id,
        region_code as given_code,
        geometry
    from objects

    union all

    select
        'enterprise' as place_kind,
        credit_code as place_id,
        region_code as given_code,
        geometry
    from enterprises

    union all

    select
        'village' as place_kind,
        village_code as place_id,
        coalesce(region_code, left(village_code, 9)) as given_code,
        geometry
    from villages

),

-- codes come with 2 to 12 digits: the longest beginning that is a region is meant
given as (

    select
        places.*,
        coalesce(town.region_code, county.region_code, city.region_code, province.region_code) as known_code,
        case
            when town.region_code is not null then 9
            when county.region_code is not null then 6
            when city.region_code is not null then 4
            when province.region_code is not null then 2
            else 0
        end as known_digits
    from places
    left join regions as town on left(places.given_code, 9) = town.region_code and length(places.given_code) >= 9
    left join regions as county
        on
            left(places.given_code, 6) = county.region_code
            and right(county.region_code, 2) <> '00'
    left join regions as city
        on
            left(places.given_code, 4) || '00' = city.region_code
            and right(city.region_code, 4) <> '0000'
    left join regions as province on left(places.given_code, 2) || '0000' = province.region_code

),

located as (

    select
        given.*,
        coalesce(covering.region_code, given.known_code) as region_code,
        {{ in_grid_metres('given.geometry') }} as metres
    from given
    -- the place may say more than the code: a town within the county, or a region where no code is given
    left join lateral (
        select regions.region_code
        from regions
        where
            given.known_digits < 9
            and (given.known_digits < 6 or regions.region_level = 'town')
            and regions.region_level <> 'province'
            and left(regions.region_code, given.known_digits) = left(coalesce(given.known_code, ''), given.known_digits)
            and st_covers(regions.geometry, given.geometry)
        order by
            array_position(array['town', 'county', 'city'], regions.region_level),
            regions.region_code
        limit 1
    ) as covering on true

),

final as (

    select
        located.place_kind,
        located.place_id,
        located.region_code,
        cell.cell_i,
        cell.cell_j,
        {{ cell_id('cell.cell_i', 'cell.cell_j') }} as cell_id,
        located.geometry::geography as location
    from located
    left join lateral {{ cell_of('st_x(located.metres)', 'st_y(located.metres)') }} as cell
        on located.metres is not null

)

select * from final
