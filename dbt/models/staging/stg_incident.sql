-- One row per accident, as far as it is known.
with

source as (

    select * from {{ source('landing', 'incident') }}

),

final as (

    select
        ---------- ids
        feed_id,
        incident_code,
        enterprise_code,
        region_code,

        ---------- attributes
        enterprise_name,
        incident_type,
        incident_level,
        industry,
        deaths,
        injuries,
        missing,
        loss_cny,
        place,
        cause,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        happened_at,
        reported_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
