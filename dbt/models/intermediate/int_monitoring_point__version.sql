-- One row per point of any register that watches something, and version of its definition. The registers of sensors and
-- equipment keep definitions with their times; the others are written down whenever they change. A station begins a
-- version when its entry or one of its thresholds changes.
with

versions as (

    select * from {{ ref('int_register__version') }}

),

sensors as (

    select * from {{ ref('stg_sensor') }}

),

equipment_points as (

    select * from {{ ref('stg_equipment_point') }}

),

stations as (

    select * from versions
    where register = 'station'

),

thresholds as (

    select * from versions
    where
        register in ('flood_threshold', 'reservoir_threshold')
        and is_listed

),

station_boundaries as (

    select
        feed_id,
        entry_code,
        valid_from
    from stations
    union
    select
        thresholds.feed_id,
        thresholds.entry_code,
        boundary.valid_from
    from thresholds
    cross join lateral (values (thresholds.valid_from), (thresholds.valid_to)) as boundary (valid_from)
    inner join stations
        on
            thresholds.feed_id = stations.feed_id
            and thresholds.entry_code = stations.entry_code
            and boundary.valid_from > stations.valid_from
            and boundary.valid_from < stations.valid_to

),

station_versions as (

    select
        stations.feed_id,
        stations.entry_code,
        stations.entry,
        stations.is_listed,
        stations.geometry,
        case
            when jsonb_typeof(stations.entry -> 'limits') = 'object' then stations.entry -> 'limits' else '{}'::jsonb
        end
        || coalesce(limits.thresholds, '{}'::jsonb) as thresholds,
        greatest(stations.batch_id, limits.batch_id) as batch_id,
        station_boundaries.valid_from,
        lead(station_boundaries.valid_from, 1, {{ forever() }}) over (
            partition by stations.feed_id, stations.entry_code order by station_boundaries.valid_from
        ) as valid_to
    from station_boundaries
    inner join stations
        on
            station_boundaries.feed_id = stations.feed_id
            and station_boundaries.entry_code = stations.entry_code
            and station_boundaries.valid_from >= stations.valid_from
            and station_boundaries.valid_from < stations.valid_to
    left join lateral (
        select
            jsonb_object_agg(limit_value.key, limit_value.value) as thresholds,
            max(thresholds.batch_id) as batch_id
        from thresholds
        cross join lateral jsonb_each(jsonb_strip_nulls(thresholds.entry)) as limit_value
        where
            station_boundaries.feed_id = thresholds.feed_id
            and station_boundaries.entry_code = thresholds.entry_code
            and station_boundaries.valid_from >= thresholds.valid_from
            and station_boundaries.valid_from < thresholds.valid_to
    ) as limits on true

),

final as (

    select
        feed_id,
        entry_code as point_code,
        'station' as register,
        entry ->> 'name' as point_name,
        entry ->> 'category' as category,
        entry ->> 'river_name' as river_name,
        entry ->> 'datum_name' as datum_name,
        entry ->> 'owner_code' as owner_code,
        entry ->> 'structure_code' as structure_code,
        entry ->> 'structure_name' as structure_name,
        entry ->> 'hazard_code' as hazard_code,
        null::text as unit,
        entry ->> 'region_code' as region_code,
        entry ->> 'location' as location,
        thresholds,
        (entry ->> 'is_in_use')::boolean and is_listed as is_in_use,
        geometry,
        valid_from,
        valid_to,
        min(valid_from) over (partition by feed_id, entry_code) as known_since,
        batch_id
    from station_versions

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
        null as hazard_code,
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
        null as hazard_code,
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
        entry_code as point_code,
        register,
        entry ->> 'name' as point_name,
        entry ->> 'category' as category,
        null as river_name,
        null as datum_name,
        entry ->> 'owner_code' as owner_code,
        null as structure_code,
        null as structure_name,
        null as hazard_code,
        entry ->> 'unit' as unit,
        entry ->> 'region_code' as region_code,
        entry ->> 'location' as location,
        '{}'::jsonb as thresholds,
        is_listed as is_in_use,
        geometry,
        valid_from,
        valid_to,
        min(valid_from) over (partition by register, feed_id, entry_code) as known_since,
        batch_id
    from versions
    where register in ('water_point', 'camera')

)

select * from final
