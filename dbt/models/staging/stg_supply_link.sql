-- One row per supplier, customer and product.
with

source as (

    select * from {{ source('landing', 'supply_link') }}

),

final as (

    select
        ---------- ids
        feed_id,
        supplier_code,
        customer_code,
        product,

        ---------- attributes
        supplier_name,
        customer_name,
        share_pct,
        is_critical,
        stock_days,
        quality_flags,

        ---------- clocks
        valid_from,
        valid_to,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
