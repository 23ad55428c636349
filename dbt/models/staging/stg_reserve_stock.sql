-- One row per depot, item and batch, as last counted.
with

source as (

    select * from {{ source('landing', 'reserve_stock') }}

),

final as (

    select
        ---------- ids
        feed_id,
        depot_code,
        item_code,
        batch_no,

        ---------- attributes
        item_name,
        item_category,
        quantity,
        unit,
        minimum_quantity,
        quality_flags,

        ---------- clocks
        produced_at,
        expires_at,
        counted_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
