-- One row per risk unit of an enterprise (sec_security_risk_unit).
with

source as (

    select * from {{ source('landing', 'risk_unit') }}

),

final as (

    select
        ---------- ids
        feed_id,
        unit_code,
        enterprise_code,

        ---------- attributes
        unit_name,
        hazard_code,
        department,
        responsible_person_hash,
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
