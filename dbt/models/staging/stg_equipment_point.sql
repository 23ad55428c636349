-- One row per point and definition time (TFJC, PSJC, LJJC, XJJC, KYJC, JCJC).
with

source as (

    select * from {{ source('landing', 'equipment_point') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        defined_at,
        equipment_code,
        mine_code,

        ---------- attributes
        type_code,
        type_name,
        location,
        unit,
        range_high,
        range_low,
        alarm_upper,
        alarm_lower,
        {{ as_array('related_points') }} as related_points,
        system_code,
        system_name,
        mine_name,
        quality_flags,

        ---------- clocks
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
