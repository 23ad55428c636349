-- One row per department and feed.
with

source as (

    select * from {{ source('landing', 'sharing_promise') }}

),

final as (

    select
        ---------- ids
        feed_id,
        department,
        feed_code,

        ---------- attributes
        feed_name,
        cadence_s,
        max_delay_s,
        records_per_day,
        contact_hash,
        phone_hash,
        quality_flags,

        ---------- clocks
        promised_from,
        promised_to,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
