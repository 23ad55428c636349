-- One row per substation (FZDY).
with

source as (

    select * from {{ source('landing', 'substation') }}

),

final as (

    select
        ---------- ids
        feed_id,
        substation_code,
        mine_code,

        ---------- attributes
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
