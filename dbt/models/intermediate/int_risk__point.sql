-- One row per risk object and point that watches it: a station watches itself, a mine is watched by the
-- points of its own systems.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where is_current and is_in_use

),

final as (

    select
        objects.object_id,
        objects.object_type,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.thresholds
    from objects
    inner join points
        on
            objects.feed_id = points.feed_id
            and objects.point_code = points.point_code

    union all

    select
        objects.object_id,
        objects.object_type,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.thresholds
    from objects
    inner join points
        on
            points.register in ('sensor', 'equipment_point', 'water_point')
            and objects.mine_code = points.owner_code

)

select * from final
