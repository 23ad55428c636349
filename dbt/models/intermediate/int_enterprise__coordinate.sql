-- One row per version of an enterprise's entry: what is suspicious about its place. Nothing is moved by it: a place in
-- a system that its row does not declare can't be told from a wrong place.
with

versions as (

    select * from {{ ref('int_enterprise__version') }}

),

cameras as (

    select * from {{ ref('stg_camera') }}
    where geometry is not null

),

regions as (

    -- towns are drawn around their villages: outside of such a line proves nothing
    select * from {{ ref('dim_region') }}
    where
        geometry is not null
        and region_level <> 'town'

),

-- where else the enterprise is known to be: by its version before, else amid its cameras
camera_places as (

    select
        enterprise_code as credit_code,
        st_centroid(st_collect(geometry)) as geometry
    from cameras
    where enterprise_code is not null
    group by enterprise_code

),

compared as (

    select
        versions.credit_code,
        versions.updated_at,
        versions.feed_id,
        versions.source_crs,
        versions.source_x,
        versions.source_y,
        versions.region_source,
        versions.located_region_code,
        versions.geometry,
        case when versions.previous_geometry is null then 'camera' else 'version' end as reference,
        st_transform(versions.geometry, 3857) as here,
        st_transform(coalesce(versions.previous_geometry, camera_places.geometry), 3857) as there,
        cos(radians(st_y(versions.geometry))) as scale
    from (
        select
            *,
            lag(geometry) over (partition by credit_code order by updated_at) as previous_geometry
        from versions
    ) as versions
    left join camera_places on versions.credit_code = camera_places.credit_code

),

-- metres to the east and the north; entries that did not move at all say nothing of a shift
moved as (

    select
        *,
        (st_x(here) - st_x(there)) * scale as east_m,
        (st_y(here) - st_y(there)) * scale as north_m
    from compared
    where st_distance(here, there) * scale > 20

),

-- the entries of one source that moved, moved alike: far, and much farther than they differ
shifts as (

    select
        feed_id,
        source_crs,
        reference
    from moved
    group by feed_id, source_crs, reference
    having
        count(*) >= 5
        and sqrt(avg(east_m) ^ 2 + avg(north_m) ^ 2) between 100 and 2000
        and sqrt(var_pop(east_m) + var_pop(north_m)) < sqrt(avg(east_m) ^ 2 + avg(north_m) ^ 2) / 2

),

-- the smallest region of the entry's code that a boundary is known of; of a retired code its last one
own_regions as (

    select distinct on (compared.located_region_code)
        compared.located_region_code,
        regions.geometry
    from (select distinct located_region_code from compared) as compared
    inner join regions
        on
            regions.region_code in (
                compared.located_region_code,
                left(compared.located_region_code, 6),
                left(compared.located_region_code, 4) || '00',
                left(compared.located_region_code, 2) || '0000'
            )
    order by
        compared.located_region_code,
        array_position(array['county', 'city', 'province'], regions.region_level),
        regions.is_current desc,
        regions.valid_from desc

),

checked as (

    select
        compared.*,
        own_regions.geometry is not null
        and compared.region_source = 'register'
        and not st_covers(own_regions.geometry, compared.geometry) as is_outside,
        st_covers(own_regions.geometry, st_flipcoordinates(compared.geometry)) as is_inside_swapped,
        moved.credit_code is not null and shifts.feed_id is not null as is_shifted
    from compared
    left join own_regions on compared.located_region_code = own_regions.located_region_code
    left join moved
        on
            compared.credit_code = moved.credit_code
            and compared.updated_at = moved.updated_at
    left join shifts
        on
            compared.feed_id = shifts.feed_id
            and compared.source_crs = shifts.source_crs
            and compared.reference = shifts.reference

),

final as (

    select
        credit_code,
        updated_at,
        array_remove(
            array[
                case when source_x = 0 and source_y = 0 then 'zero' end,
                case when geometry is null then 'missing' end,
                case when is_outside then 'outside_own_region' end,
                case when is_outside and is_inside_swapped then 'swapped_suspect' end,
                case when is_shifted then 'shifted_together' end
            ],
            null
        ) as coordinate_flags
    from checked

)

select * from final
