-- One row per reservoir and part of the flood season (ST_RSVRFSR_B).
with

source as (

    select * from {{ source('landing', 'flood_season_limit') }}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code,
        begins_on,

        ---------- attributes
        ends_on,
        season_type,
        limit_level_m,
        limit_storage_1e6_m3,
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
