{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'credit_code'],
        indexes=[{'columns': ['credit_code']}],
    )
}}

-- Enterprises within lifeline_nearby_m of a point of a lifeline, on the spheroid: whom to tell when something breaks.
with

points as (

    select * from {{ ref('int_lifeline__point') }}
    where geometry is not null

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        is_current
        and status = 'active'
        and geometry is not null

),

final as (

    select
        points.feed_id,
        points.point_code,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.is_key_enterprise,
        st_distance(points.geometry::geography, enterprises.geometry::geography) as distance_m
    from points
    inner join enterprises
        on
            -- a box first, which an index answers: a degree of latitude is 110.574 km at least
            enterprises.geometry && st_expand(
                points.geometry,
                {{ var('lifeline_nearby_m') }} / 110574.0 / greatest(cos(radians(st_y(points.geometry))), 0.01),
                {{ var('lifeline_nearby_m') }} / 110574.0
            )
            and st_dwithin(
                points.geometry::geography, enterprises.geometry::geography, {{ var('lifeline_nearby_m') }}
            )

)

select * from final
