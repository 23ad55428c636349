-- One row per stop of a unit for maintenance (sec_deactivated_maintenance_record).
with

source as (

    select * from {{ source('landing', 'maintenance_stop') }}

),

final as (

    select
        ---------- ids
        feed_id,
        stop_code,
        enterprise_code,
        unit_code,

        ---------- attributes
        hazard_code,
        reason,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        stopped_at,
        resumed_at,
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
