-- One row per village: its newest yearly entry.
with

entries as (

    select * from {{ ref('stg_village') }}

),

final as (

    select distinct on (village_code)
        village_code,
        region_code,
        village_name,
        year,
        population,
        geometry
    from entries
    order by village_code, year desc, updated_at desc nulls last, fetched_at desc, feed_id

)

select * from final
