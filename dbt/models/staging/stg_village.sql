-- One row per village and year.
with

source as (

    select * from {{ source('landing', 'village') }}

),

final as (

    select
        ---------- ids
        feed_id,
        village_code,
        year,
        region_code,

        ---------- attributes
        village_name,
        town_name,
        population,
        households,
        vulnerable_people,
        is_zero_accident,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        assessed_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
