-- One row per reservoir (ST_RSVRFCCH_B).
with

source as (

    select * from {{ source('landing', 'reservoir_threshold') }}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code,

        ---------- attributes
        check_flood_level_m,
        design_flood_level_m,
        normal_level_m,
        dead_level_m,
        dam_crest_m,
        total_storage_1e6_m3,
        flood_storage_1e6_m3,
        active_storage_1e6_m3,
        dead_storage_1e6_m3,
        highest_observed_m,
        quality_flags,

        ---------- clocks
        modified_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
