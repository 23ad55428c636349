-- One row per area of an info block, with a geometry: as drawn, else the boundary of the region whose code it carries,
-- else that of the nearest parent we know (town -> county -> city -> province).
with

areas as (

    select * from {{ ref('stg_warning_area') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

final as (

    select
        areas.feed_id,
        areas.sender,
        areas.identifier,
        areas.sent_at,
        areas.info_index,
        areas.area_index,
        areas.area_desc,
        areas.region_code,
        matched.region_code as matched_region_code,
        matched.region_level as matched_level,
        coalesce(areas.geometry, matched.geometry) as geometry,
        coalesce(areas.drawn_as, case when matched.region_code is not null then 'geocode' end, 'none')
            as geometry_source
    from areas
    left join lateral (
        select
            regions.region_code,
            regions.region_level,
            regions.geometry
        from regions
        where
            areas.geometry is null
            and regions.geometry is not null
            and regions.region_code in (
                areas.region_code,
                left(areas.region_code, 9),
                left(areas.region_code, 6),
                left(areas.region_code, 4) || '00',
                left(areas.region_code, 2) || '0000'
            )
        -- the meaning of the day; a code that is written before or after its time still means what it meant
        order by
            array_position(array['town', 'county', 'city', 'province'], regions.region_level),
            (areas.sent_at >= regions.valid_from and areas.sent_at < regions.valid_to) desc,
            regions.valid_to desc
        limit 1
    ) as matched on true

)

select * from final
