-- One row per gas analysis of a work ticket (sec_special_job_ticket_gas_analysis).
with

source as (

    select * from {{ source('landing', 'gas_analysis') }}

),

final as (

    select
        ---------- ids
        feed_id,
        analysis_code,
        enterprise_code,
        ticket_code,

        ---------- attributes
        gas_type,
        gas_name,
        result,
        unit,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        analysed_at,
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
