with

source as (

    select * from {{ source('landing', 'earthquake') }}

),

final as (

    select
        ---------- ids
        feed_id,
        event_id,
        updated_at,
        {{ as_array('ids') }} as ids,

        ---------- attributes
        magnitude,
        magnitude_type,
        depth_km,
        place,
        status,
        event_type,
        net,
        mmi,
        alert,
        significance,
        url,
        {{ as_point('longitude', 'latitude') }} as geometry,

        ---------- clocks
        event_at,
        updated_at as issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
