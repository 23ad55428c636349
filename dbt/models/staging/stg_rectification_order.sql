-- One row per order to rectify a danger.
with

source as (

    select * from {{ source('landing', 'rectification_order') }}

),

final as (

    select
        ---------- ids
        feed_id,
        order_code,
        danger_code,

        ---------- attributes
        days_allowed,
        measure,
        cost_cny,
        contingency_plan,
        responsible_person_hash,
        supervisor_hash,
        quality_flags,

        ---------- clocks
        ordered_at,
        deadline_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
