{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['cell_id'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}],
    )
}}

-- One row per cell of the grid whose middle lies in an area that has objects, or that holds something.
-- A grid does not change: between full builds only what is missing is drawn, and what no longer holds anything is left.
with

areas as (

    select * from {{ ref('int_grid__area') }}
    {% if is_partial() %}
        where not exists (
            select 1 from {{ this }} as kept
            where region_code = kept.area_code
        )
    {% endif %}

),

places as (

    select * from {{ ref('int_map__place') }}
    where cell_id is not null

),

cells as (

    select
        hexagon.i as cell_i,
        hexagon.j as cell_j,
        areas.region_code as area_code
    from areas
    cross join lateral st_hexagongrid({{ var('grid_edge_m') }}, {{ in_grid_metres('areas.geometry') }}) as hexagon
    where st_covers(areas.geometry, st_transform(st_centroid(hexagon.geom), 4326))

    union all

    select distinct
        cell_i,
        cell_j,
        null as area_code
    from places
    {% if is_partial() %}
        where cell_id not in (select kept.cell_id from {{ this }} as kept)
    {% endif %}

),

-- a middle on the border of two areas is given to one of them
numbered as (

    select distinct on (cell_i, cell_j) * from cells
    order by cell_i, cell_j, area_code nulls last

),

final as (

    select
        {{ cell_id('cell_i', 'cell_j') }} as cell_id,
        cell_i,
        cell_j,
        area_code,
        st_transform(
            st_hexagon(
                {{ var('grid_edge_m') }}, cell_i, cell_j, st_setsrid(st_makepoint(0, 0), {{ var('grid_srid') }})
            ),
            4326
        ) as geometry
    from numbered

)

select * from final
