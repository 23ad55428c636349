-- One row per point, version of its definition and limit. The first version of a point that we know speaks for the time
-- before it as well: most registers say when an entry was last touched, not since when its limits hold.
with

points as (

    select
        *,
        min(valid_from) over (partition by feed_id, point_code) as first_valid_from
    from {{ ref('dim_monitoring_point') }}

),

limits as (

    select * from {{ ref('alarm_limit') }}

),

final as (

    select
        points.feed_id,
        points.point_code,
        limits.limit_name,
        limits.variable,
        points.unit,
        limits.comparison,
        limits.limit_type,
        limits.level,
        (points.thresholds ->> limits.limit_name)::double precision as threshold,
        case
            when points.valid_from = points.first_valid_from then {{ always() }}
            else points.valid_from
        end as valid_from,
        points.valid_to
    from points
    inner join limits on jsonb_exists(points.thresholds, limits.limit_name)

)

select * from final
