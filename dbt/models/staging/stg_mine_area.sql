-- One row per area (RYQY).
with

source as (

    select * from {{ source('landing', 'mine_area') }}

),

final as (

    select
        ---------- ids
        feed_id,
        area_code,
        mine_code,

        ---------- attributes
        area_name,
        area_type,
        quota,
        mine_name,
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
