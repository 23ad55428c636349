-- One row per base station (RYJZ).
with

source as (

    select * from {{ source('landing', 'base_station') }}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code,
        mine_code,

        ---------- attributes
        station_name,
        location,
        x_m,
        y_m,
        z_m,
        mine_name,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
