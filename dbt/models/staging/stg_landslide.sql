-- One row per landslide of a catalogue.
with

source as (

    select * from {{ source('landing', 'landslide') }}

),

final as (

    select
        ---------- ids
        feed_id,
        event_id,

        ---------- attributes
        event_precision,
        title,
        description,
        category,
        trigger,
        size,
        setting,
        fatalities,
        injuries,
        location,
        accuracy,
        accuracy_km,
        storm_name,
        country,
        country_code,
        region,
        source_name,
        source_url,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        event_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
