-- One row per control measure of a risk event (sec_security_risk_control_measures).
with

source as (

    select * from {{ source('landing', 'control_measure') }}

),

final as (

    select
        ---------- ids
        feed_id,
        measure_code,
        enterprise_code,
        event_code,

        ---------- attributes
        data_source,
        description,
        class_1,
        class_2,
        class_3,
        check_content,
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
