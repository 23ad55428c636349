-- One row per plan and its present version.
with

source as (

    select * from {{ source('landing', 'emergency_plan') }}

),

final as (

    select
        ---------- ids
        feed_id,
        plan_code,
        enterprise_code,
        region_code,

        ---------- attributes
        plan_name,
        plan_type,
        owner_name,
        version,
        state,
        quality_flags,

        ---------- clocks
        issued_at,
        filed_at,
        revised_at,
        reviewed_at,
        valid_until,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
