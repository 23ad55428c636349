-- One row per approved ticket for special work (sec_special_job_ticket_approval).
with

source as (

    select * from {{ source('landing', 'work_ticket') }}

),

final as (

    select
        ---------- ids
        feed_id,
        ticket_code,
        enterprise_code,

        ---------- attributes
        ticket_type,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
