-- One row per call.
with

source as (

    select * from {{ source('landing', 'forest_fire_call') }}

),

final as (

    select
        ---------- ids
        feed_id,
        call_code,
        region_code,

        ---------- attributes
        place,
        caller_hash,
        phone_hash,
        cause,
        is_false_alarm,
        burnt_ha,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        called_at,
        dispatched_at,
        arrived_at,
        extinguished_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
