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

        ---------- validity
        points.valid_from,
        points.valid_to,
        points.valid_to = {{ forever() }} as is_current,
        points.known_since,

        ---------- origin
        points.batch_id
    from points
    inner join feeds on points.feed_id = feeds.feed_id
    left join owners on points.owner_code = owners.code

)

select * from final
