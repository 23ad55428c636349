-- One row per camera.
with

source as (

    select * from {{ source('landing', 'camera') }}

),

final as (

    select
        ---------- ids
        feed_id,
        camera_code,
        enterprise_code,
        region_code,

        ---------- attributes
        camera_name,
        camera_type,
        place,
        has_ai,
        is_online,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        installed_at,
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
