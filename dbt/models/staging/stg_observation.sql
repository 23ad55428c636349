with

source as (

    select * from {{ source('landing', 'observation') }}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code,
        variable,
        event_at,
        owner_code,

        ---------- values
        value,
        unit,
        value_text,
        interval_h,
        status_flags,
        missing_reason,
        quality_flags,
        source_table,

        ---------- clocks
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
