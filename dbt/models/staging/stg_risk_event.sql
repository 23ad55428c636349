-- One row per risk event of a unit (sec_security_risk_events).
with

source as (

    select * from {{ source('landing', 'risk_event') }}

),

final as (

    select
        ---------- ids
        feed_id,
        event_code,
        enterprise_code,
        unit_code,

        ---------- attributes
        event_name,
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
