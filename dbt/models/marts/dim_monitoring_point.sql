{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'valid_from'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}, {'columns': ['owner_code']}],
    )
}}

with

stations as (

    select * from {{ ref('stg_station') }}

),

flood_thresholds as (

    select * from {{ ref('stg_flood_threshold') }}

),

sensors as (

    select * from {{ ref('stg_sensor') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

points as (

    select
        stations.feed_id,
        stations.station_code as point_code,
        'station' as register,
        stations.station_name as point_name,
        stations.station_type as category,
        stations.river_name,
        stations.datum_name,
        stations.authority as owner_code,
        null::text as unit,
        stations.region_code,
        stations.location,
        jsonb_strip_nulls(
            jsonb_build_object(
                'warning_level_m', flood_thresholds.warning_level_m,
                'guarantee_level_m', flood_thresholds.guarantee_level_m,
                'warning_discharge_m3_s', flood_thresholds.warning_discharge_m3_s,
                'guarantee_discharge_m3_s', flood_thresholds.guarantee_discharge_m3_s
            )
        ) as thresholds,
        stations.is_in_use,
        stations.geometry,
        -- the register keeps no history: one version, valid since the entry was last touched, as far as we are told
        coalesce(stations.modified_at, {{ always() }}) as valid_from,
        {{ forever() }} as valid_to,
        coalesce(stations.modified_at, {{ always() }}) as known_since,
        stations.batch_id
    from stations
    left join flood_thresholds
        on
            stations.feed_id = flood_thresholds.feed_id
            and stations.station_code = flood_thresholds.station_code

    union all

    select
        feed_id,
        point_code,
        'sensor' as register,
        concat_ws(' ', mine_name, location) as point_name,
        sensor_type_code as category,
        null as river_name,
        null as datum_name,
        mine_code as owner_code,
        unit,
        left(mine_code, 6) as region_code,
        location,
        jsonb_strip_nulls(
            jsonb_build_object(
                'alarm_upper', alarm_upper,
                'alarm_lower', alarm_lower,
                'cutoff_upper', cutoff_upper,
                'cutoff_lower', cutoff_lower,
                'range_high', range_high,
                'range_low', range_low
            )
        ) as thresholds,
        true as is_in_use,
        geometry,
        defined_at as valid_from,
        lead(defined_at, 1, {{ forever() }}) over by_point as valid_to,
        min(defined_at) over by_point as known_since,
        batch_id
    from sensors
    window by_point as (partition by feed_id, point_code order by defined_at)

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
