-- One row per point of any register that watches something, and version of its definition. The registers of mines keep
-- definitions with their times; the station register and that of water points keep no history.
with

stations as (

    select * from {{ ref('stg_station') }}

),

flood_thresholds as (

    select * from {{ ref('stg_flood_threshold') }}

),

reservoir_thresholds as (

    select * from {{ ref('stg_reservoir_threshold') }}

),

sensors as (

    select * from {{ ref('stg_sensor') }}

),

equipment_points as (

    select * from {{ ref('stg_equipment_point') }}

),

water_points as (

    select * from {{ ref('stg_water_point') }}

),

final as (

    select
        stations.feed_id,
        stations.station_code as point_code,
        'station' as register,
        stations.station_name as point_name,
        stations.station_type as category,
        stations.river_name,
        stations.datum_name,
        coalesce(stations.owner_code, stations.authority) as owner_code,
        stations.structure_code,
        stations.structure_name,
        null::text as unit,
        stations.region_code,
        stations.location,
        jsonb_strip_nulls(
            jsonb_build_object(
                'warning_level_m', flood_thresholds.warning_level_m,
                'guarantee_level_m', flood_thresholds.guarantee_level_m,
                'warning_discharge_m3_s', flood_thresholds.warning_discharge_m3_s,
                'guarantee_discharge_m3_s', flood_thresholds.guarantee_discharge_m3_s,
                'check_flood_level_m', reservoir_thresholds.check_flood_level_m,
                'design_flood_level_m', reservoir_thresholds.design_flood_level_m,
                'normal_level_m', reservoir_thresholds.normal_level_m,
                'dead_level_m', reservoir_thresholds.dead_level_m,
                'dam_crest_m', reservoir_thresholds.dam_crest_m
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
    left join reservoir_thresholds
        on
            stations.feed_id = reservoir_thresholds.feed_id
            and stations.station_code = reservoir_thresholds.station_code

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
        null as structure_code,
        null as structure_name,
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

    union all

    select
        feed_id,
        point_code,
        'equipment_point' as register,
        concat_ws(' ', mine_name, location) as point_name,
        type_code as category,
        null as river_name,
        null as datum_name,
        mine_code as owner_code,
        null as structure_code,
        null as structure_name,
        unit,
        left(mine_code, 6) as region_code,
        location,
        jsonb_strip_nulls(
            jsonb_build_object(
                'alarm_upper', alarm_upper,
                'alarm_lower', alarm_lower,
                'range_high', range_high,
                'range_low', range_low
            )
        ) as thresholds,
        true as is_in_use,
        null as geometry,
        defined_at as valid_from,
        lead(defined_at, 1, {{ forever() }}) over by_point as valid_to,
        min(defined_at) over by_point as known_since,
        batch_id
    from equipment_points
    window by_point as (partition by feed_id, point_code order by defined_at)

    union all

    select
        feed_id,
        point_code,
        'water_point' as register,
        concat_ws(' ', mine_name, coalesce(point_name, area_name)) as point_name,
        point_kind as category,
        null as river_name,
        null as datum_name,
        mine_code as owner_code,
        null as structure_code,
        null as structure_name,
        unit,
        left(mine_code, 6) as region_code,
        area_name as location,
        '{}'::jsonb as thresholds,
        true as is_in_use,
        geometry,
        coalesce(defined_at, {{ always() }}) as valid_from,
        {{ forever() }} as valid_to,
        coalesce(defined_at, {{ always() }}) as known_since,
        batch_id
    from water_points

)

select * from final
