with

source as (

    select * from {{ source('landing', 'flood_threshold') }}

),

final as (

    select
        feed_id,
        station_code,
        warning_level_m,
        guarantee_level_m,
        warning_discharge_m3_s,
        guarantee_discharge_m3_s,
        modified_at,
        fetched_at,
        batch_id

    from source

)

select * from final
