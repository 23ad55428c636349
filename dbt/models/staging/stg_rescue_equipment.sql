-- One row per kind of equipment of a team.
with

source as (

    select * from {{ source('landing', 'rescue_equipment') }}

),

final as (

    select
        ---------- ids
        feed_id,
        equipment_code,
        team_code,

        ---------- attributes
        equipment_name,
        equipment_type,
        quantity,
        usable_quantity,
        used_count,
        quality_flags,

        ---------- clocks
        expires_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
