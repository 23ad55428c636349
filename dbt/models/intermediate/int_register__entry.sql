-- One row per entry of a register that keeps no history in landing: what it says now. `begins_at`: from when on the
-- entry is taken to hold if it is the first that we see; `changed_at`: when the source says that it was last changed.
with

entries as (

    select
        'station' as register,
        feed_id,
        station_code as entry_code,
        modified_at as begins_at,
        modified_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', station_name,
            'category', station_type,
            'river_name', river_name,
            'datum_name', datum_name,
            'owner_code', coalesce(owner_code, authority),
            'structure_code', structure_code,
            'structure_name', structure_name,
            'hazard_code', hazard_code,
            'limits', limits,
            'region_code', region_code,
            'location', location,
            'is_in_use', is_in_use
        ) as content,
        geometry,
        batch_id
    from ({{ listed('stg_station', 'station', 'station_code') }}) as stations

    union all

    select
        'flood_threshold' as register,
        feed_id,
        station_code as entry_code,
        modified_at as begins_at,
        modified_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'warning_level_m', warning_level_m,
            'guarantee_level_m', guarantee_level_m,
            'warning_discharge_m3_s', warning_discharge_m3_s,
            'guarantee_discharge_m3_s', guarantee_discharge_m3_s
        ) as content,
        null as geometry,
        batch_id
    from {{ ref('stg_flood_threshold') }}

    union all

    select
        'reservoir_threshold' as register,
        feed_id,
        station_code as entry_code,
        modified_at as begins_at,
        modified_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'check_flood_level_m', check_flood_level_m,
            'design_flood_level_m', design_flood_level_m,
            'normal_level_m', normal_level_m,
            'dead_level_m', dead_level_m,
            'dam_crest_m', dam_crest_m
        ) as content,
        null as geometry,
        batch_id
    from {{ ref('stg_reservoir_threshold') }}

    union all

    select
        'water_point' as register,
        feed_id,
        point_code as entry_code,
        defined_at as begins_at,
        defined_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', concat_ws(' ', mine_name, coalesce(point_name, area_name)),
            'category', point_kind,
            'owner_code', mine_code,
            'unit', unit,
            'region_code', left(mine_code, 6),
            'location', area_name
        ) as content,
        geometry,
        batch_id
    from {{ ref('stg_water_point') }}

    union all

    -- its updated_at is when the state was read, every day anew
    select
        'camera' as register,
        feed_id,
        camera_code as entry_code,
        installed_at as begins_at,
        null as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', camera_name,
            'category', camera_type,
            'owner_code', enterprise_code,
            'region_code', region_code,
            'location', place,
            'has_ai', has_ai
        ) as content,
        geometry,
        batch_id
    from ({{ listed('stg_camera', 'camera', 'camera_code') }}) as cameras

    union all

    -- a register of its own, so that a camera that fails and comes back is no other camera
    select
        'camera_state' as register,
        feed_id,
        camera_code as entry_code,
        updated_at as begins_at,
        updated_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object('is_online', is_online) as content,
        null as geometry,
        batch_id
    from ({{ listed('stg_camera', 'camera', 'camera_code') }}) as camera_states

    union all

    select
        'hazard_site' as register,
        feed_id,
        site_code as entry_code,
        null as begins_at,
        updated_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', site_name,
            'category', hazard_type,
            'region_code', region_code,
            'static_level', risk_level
        ) as content,
        geometry,
        batch_id
    from ({{ listed('stg_hazard_site', 'hazard_site', 'site_code') }}) as sites

    union all

    select
        'waterlogging_point' as register,
        feed_id,
        point_code as entry_code,
        null as begins_at,
        updated_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', point_name,
            'category', place_type,
            'owner_code', owner_name,
            'region_code', region_code
        ) as content,
        geometry,
        batch_id
    from ({{ listed('stg_waterlogging_point', 'waterlogging_point', 'point_code') }}) as waterlogging_points

    union all

    select
        'reserve_depot' as register,
        feed_id,
        depot_code as entry_code,
        null as begins_at,
        updated_at as changed_at,
        fetched_at as learned_at,
        jsonb_build_object(
            'name', depot_name,
            'category', depot_level,
            'owner_code', owner_name,
            'region_code', region_code
        ) as content,
        geometry,
        batch_id
    from ({{ listed('stg_reserve_depot', 'reserve_depot', 'depot_code') }}) as depots

),

final as (

    select
        register,
        feed_id,
        entry_code,
        1 as version,
        true as is_listed,
        begins_at::timestamptz as begins_at,
        changed_at::timestamptz as changed_at,
        learned_at,
        content || jsonb_build_object('longitude', st_x(geometry), 'latitude', st_y(geometry)) as entry,
        batch_id
    from entries

)

select * from final
