-- One row per place.
with

source as (

    select * from {{ source('landing', 'waterlogging_point') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        region_code,

        ---------- attributes
        point_name,
        place_type,
        warning_depth_cm,
        deepest_cm,
        pumps,
        owner_name,
        is_rebuilt,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        rebuilt_at,
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
