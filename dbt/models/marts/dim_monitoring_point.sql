{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'valid_from'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}, {'columns': ['owner_code']}],
    )
}}

with

points as (

    select * from {{ ref('int_monitoring_point__version') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

owners as (

    select * from {{ ref('dim_enterprise_alias') }}

),

-- the smallest region of a point's own code that has a published boundary: towns are drawn around their villages
own_regions as (

    select distinct on (named.region_code)
        named.region_code,
        regions.geometry
    from (select distinct region_code from points) as named
    inner join regions
        on
            regions.region_code in (
                left(named.region_code, 6), left(named.region_code, 4) || '00', left(named.region_code, 2) || '0000'
            )
            and regions.region_level <> 'town'
            and regions.geometry is not null
    order by
        named.region_code,
        array_position(array['county', 'city', 'province'], regions.region_level),
        regions.is_current desc,
        regions.valid_from desc

),

located as (

    select
        points.*,
        not st_covers(own_regions.geometry, points.geometry) as is_outside,
        st_covers(own_regions.geometry, st_flipcoordinates(points.geometry)) as is_inside_swapped
    from points
    left join own_regions on points.region_code = own_regions.region_code

),

final as (

    select
        ---------- ids
        points.feed_id,
        points.point_code,
        points.register,
        points.owner_code,
        owners.credit_code,
        points.structure_code,
        points.hazard_code,
        coalesce(points.region_code, {{ covering_region('regions', 'points.geometry') }}) as region_code,

        ---------- attributes
        points.point_name,
        points.structure_name,
        points.category,
        points.river_name,
        points.datum_name,
        points.location,
        points.unit,
        points.thresholds,
        -- a camera reports no observations: its feed is a list
        case when points.register <> 'camera' then feeds.slot_s end as expected_interval_s,
        points.is_in_use,
        points.geometry,
        -- nothing is moved by it
        array_remove(
            array[
                case when points.geometry is null then 'missing' end,
                case when st_x(points.geometry) = 0 and st_y(points.geometry) = 0 then 'zero' end,
                case when points.is_outside then 'outside_own_region' end,
                case when points.is_outside and points.is_inside_swapped then 'swapped_suspect' end
            ],
            null
        ) as coordinate_flags,

        ---------- validity
        points.valid_from,
        points.valid_to,
        points.valid_to = {{ forever() }} as is_current,
        points.known_since,

        ---------- origin
        points.batch_id
    from located as points
    inner join feeds on points.feed_id = feeds.feed_id
    left join owners on points.owner_code = owners.code

)

select * from final
