-- One row per risk object and point that watches it: its own (`own`: the station that it is, points of its structure),
-- one of the enterprise that it is (`owner`), or a device that names no site but stands nearest to this one (`near`).
-- `distance_m`: how far apart the registers put the two.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_current
        and is_in_use
        and register <> 'camera'

),

devices as (

    select * from {{ ref('int_station__role') }}
    where
        is_current
        and is_in_use
        and role = 'watches'

),

pairs as (

    select
        objects.object_id,
        points.feed_id,
        points.point_code,
        'own' as how
    from objects
    inner join points
        on
            objects.feed_id = points.feed_id
            and objects.point_code = points.point_code

    union

    select
        objects.object_id,
        points.feed_id,
        points.point_code,
        'own' as how
    from objects
    inner join points
        on
            objects.feed_id = points.feed_id
            and objects.point_code = points.structure_code

    union all

    -- several systems may watch one hazard source
    select
        objects.object_id,
        points.feed_id,
        points.point_code,
        'own' as how
    from objects
    inner join points
        on
            objects.object_type = 'major_hazard_source'
            and objects.point_code = points.hazard_code

    union all

    select
        objects.object_id,
        points.feed_id,
        points.point_code,
        'owner' as how
    from objects
    inner join points
        on
            objects.credit_code = points.credit_code
            and objects.object_type in ('enterprise', 'mine', 'tailings_pond')

    union all

    select
        nearest.object_id,
        devices.feed_id,
        devices.point_code,
        'near' as how
    from devices
    inner join lateral (
        select objects.object_id
        from objects
        where
            devices.object_type = objects.object_type
            and st_dwithin(
                devices.geometry::geography, objects.geometry::geography, {{ var('site_device_radius_m') }}
            )
        order by st_distance(devices.geometry::geography, objects.geometry::geography), objects.object_id
        limit 1
    ) as nearest on true

),

final as (

    select
        pairs.object_id,
        objects.object_type,
        pairs.feed_id,
        pairs.point_code,
        points.point_name,
        points.thresholds,
        points.register,
        points.category,
        pairs.how,
        st_distance(objects.geometry::geography, points.geometry::geography) as distance_m
    from pairs
    inner join objects on pairs.object_id = objects.object_id
    inner join points
        on
            pairs.feed_id = points.feed_id
            and pairs.point_code = points.point_code

)

select * from final
