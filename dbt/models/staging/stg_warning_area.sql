with

source as (

    select * from {{ source('landing', 'warning_area') }}

),

polygons as (

    select
        *,
        {{ as_multipolygon('staging.geometry_or_null(area_wkt)') }} as polygon
    from source

),

final as (

    select
        polygons.feed_id,
        polygons.sender,
        polygons.identifier,
        polygons.sent_at,
        polygons.info_index,
        polygons.area_index,
        polygons.area_desc,
        -- some systems pad a code with zeros to 12 digits
        left(polygons.region_code, 6) || regexp_replace(substr(polygons.region_code, 7), '(000)+$', '') as region_code,
        polygons.area_wkt is not null and polygons.polygon is null as is_polygon_broken,
        case
            when polygons.polygon is not null then 'polygon'
            when discs.geometry is not null then 'circle'
        end as drawn_as,
        case
            when discs.geometry is null then polygons.polygon
            when polygons.polygon is null then {{ as_multipolygon('discs.geometry') }}
            else {{ as_multipolygon('st_union(discs.geometry, polygons.polygon)') }}
        end as geometry,
        polygons.batch_id

    from polygons
    left join lateral (
        select
            st_union(
                {{ disc('parts.lat_lon_km[2]', 'parts.lat_lon_km[1]', 'parts.lat_lon_km[3]') }}
            ) as geometry
        from jsonb_array_elements_text({{ as_array('polygons.circles') }}) as circle (text)
        inner join lateral (
            select
                regexp_match(
                    circle.text, '^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)\s*$'
                )::double precision[] as lat_lon_km
        ) as parts on true
        where
            abs(parts.lat_lon_km[1]) <= 90
            and abs(parts.lat_lon_km[2]) <= 180
            and parts.lat_lon_km[3] > 0
    ) as discs on true

)

select * from final
