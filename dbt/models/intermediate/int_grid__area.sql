-- One row per area that the grid is drawn over: the counties that have objects, and cities without counties.
with

places as (

    select * from {{ ref('int_map__place') }}
    where place_kind = 'object'

),

ancestors as (

    select * from {{ ref('int_region__ancestor') }}

),

regions as (

    select * from {{ ref('dim_region') }}
    where is_current

),

final as (

    select
        regions.region_code,
        regions.geometry
    from regions
    where
        (
            regions.region_level = 'county'
            or (
                regions.region_level = 'city'
                and not exists (
                    select 1 from regions as counties
                    where regions.region_code = counties.parent_code
                )
            )
        )
        and regions.region_code in (
            select ancestors.ancestor_code
            from places
            inner join ancestors on places.region_code = ancestors.region_code
        )

)

select * from final
