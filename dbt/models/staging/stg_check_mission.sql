-- One row per check mission of a measure (sec_hidden_check_mission).
with

source as (

    select * from {{ source('landing', 'check_mission') }}

),

final as (

    select
        ---------- ids
        feed_id,
        mission_code,
        enterprise_code,
        measure_code,

        ---------- attributes
        check_content,
        cycle,
        cycle_unit,
        work_starts,
        work_ends,
        work_day_type,
        work_type,
        task_count,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        starts_at,
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
