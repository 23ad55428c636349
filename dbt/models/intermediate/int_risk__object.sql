-- One row per risk object as it stands today: what is closed or out of use is none.
with

objects as (

    select * from {{ ref('dim_risk_object') }}

),

final as (

    select
        object_type,
        object_id,
        object_name,
        region_code,
        geometry,
        static_level,
        mine_code,
        feed_id,
        point_code,
        credit_code,
        static_level_source
    from objects
    where
        is_current
        and is_active

)

select * from final
