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

final as (

    select
        ---------- ids
        points.feed_id,
        points.point_code,
        points.register,
        points.owner_code,
        coalesce(points.region_code, covering.region_code) as region_code,

        ---------- attributes
        points.point_name,
        points.category,
        points.river_name,
        points.datum_name,
        points.location,
        points.unit,
        points.thresholds,
        feeds.slot_s as expected_interval_s,
        points.is_in_use,
        points.geometry,

        ---------- validity
        points.valid_from,
        points.valid_to,
        points.valid_to = {{ forever() }} as is_current,
        points.known_since,

        ---------- origin
        points.batch_id
    from points
    inner join feeds on points.feed_id = feeds.feed_id
    left join lateral (
        select regions.region_code
        from regions
        where
            points.region_code is null
            and st_covers(regions.geometry, points.geometry)
        order by array_position(array['county', 'city', 'province'], regions.region_level)
        limit 1
    ) as covering on true

)

select * from final
