-- One row per depot.
with

source as (

    select * from {{ source('landing', 'reserve_depot') }}

),

final as (

    select
        ---------- ids
        feed_id,
        depot_code,
        region_code,

        ---------- attributes
        depot_name,
        depot_level,
        owner_name,
        address,
        radius_km,
        keeper_hash,
        phone_hash,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id,

        ---------- when it was last in a payload
        seen_at

    from source

)

select * from final
