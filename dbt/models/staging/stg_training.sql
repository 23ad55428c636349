-- One row per course.
with

source as (

    select * from {{ source('landing', 'training') }}

),

final as (

    select
        ---------- ids
        feed_id,
        course_code,

        ---------- attributes
        course_name,
        organiser,
        participants,
        certificates,
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
