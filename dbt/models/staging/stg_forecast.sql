-- One row per place, variable, model, time of issue and valid time. Predictions are no evidence: nothing that judges
-- what is the case reads them.
with

source as (

    select * from {{ source('landing', 'forecast') }}

),

final as (

    select
        ---------- ids
        feed_id,
        place_code,
        variable,
        model,
        issued_at,
        event_at,

        ---------- attributes
        value,
        unit,
        value_text,
        interval_h,
        source_table,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
