-- One row per village: the newest year that is not still to come.
with

villages as (

    select * from {{ ref('stg_village') }}
    where year <= extract(year from {{ local_day(as_of()) }})

),

final as (

    select distinct on (village_code)
        village_code,
        year,
        region_code,
        -- the statistics code says the town also where the region code ends with the county
        case when village_code ~ '^\d{12}$' then left(village_code, 9) else left(region_code, 9) end as town_code,
        village_name,
        town_name,
        population,
        households,
        vulnerable_people,
        is_zero_accident,
        geometry,
        assessed_at,
        feed_id,
        batch_id
    from villages
    order by village_code, year desc, updated_at desc nulls last, feed_id

)

select * from final
