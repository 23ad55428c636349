-- One row per object, role and person.
with

source as (

    select * from {{ source('landing', 'responsible_person') }}

),

final as (

    select
        ---------- ids
        feed_id,
        object_code,
        role,
        person_hash,
        region_code,

        ---------- attributes
        object_type,
        object_name,
        unit_name,
        position,
        phone_hash,
        quality_flags,

        ---------- clocks
        valid_from,
        valid_to,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
