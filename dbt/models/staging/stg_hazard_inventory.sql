-- One row per hazard source, substance and inventory.
with

source as (

    select * from {{ source('landing', 'hazard_inventory') }}

),

final as (

    select
        ---------- ids
        feed_id,
        hazard_source_code,
        substance,
        enterprise_code,

        ---------- attributes
        hazard_source_name,
        quantity_t,
        exposed_people,
        longitude,
        latitude,
        quality_flags,

        ---------- clocks
        inventoried_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
