-- One row per drill.
with

source as (

    select * from {{ source('landing', 'drill') }}

),

final as (

    select
        ---------- ids
        feed_id,
        drill_code,
        enterprise_code,
        plan_code,
        region_code,

        ---------- attributes
        drill_name,
        drill_type,
        organiser,
        duration_min,
        participants,
        evaluation,
        quality_flags,

        ---------- clocks
        held_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
