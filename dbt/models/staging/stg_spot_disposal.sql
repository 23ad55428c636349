-- One row per danger that was mended on the spot.
with

source as (

    select * from {{ source('landing', 'spot_disposal') }}

),

final as (

    select
        ---------- ids
        feed_id,
        disposal_code,
        danger_code,

        ---------- attributes
        has_safety_measure,
        measure,
        disposed_by_hash,
        quality_flags,

        ---------- clocks
        disposed_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
