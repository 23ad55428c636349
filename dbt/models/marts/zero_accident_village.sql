-- One row per village and year: declared free of accidents, and whether the accidents that we know contradict it.
with

villages as (

    select * from {{ ref('stg_village') }}

),

incidents as (

    select
        *,
        extract(year from {{ local_day('happened_at') }})::integer as year
    from {{ ref('fct_incident') }}
    where happened_at <= {{ as_of() }}

),

-- by its code where that names a village, else the nearest village of the same town (or county) within reach
attributed as (

    select
        incidents.incident_code,
        nearest.village_code,
        nearest.year,
        nearest.feed_id
    from incidents
    inner join lateral (
        select
            villages.village_code,
            villages.year,
            villages.feed_id
        from villages
        where
            villages.year = incidents.year
            and (
                villages.village_code = incidents.region_code
                or (
                    length(incidents.region_code) < 12
                    and villages.village_code like incidents.region_code || '%'
                    and st_dwithin(
                        villages.geometry::geography,
                        incidents.geometry::geography,
                        {{ assumed('village_reach_km') }} * 1000
                    )
                )
            )
        order by
            villages.village_code = incidents.region_code desc,
            st_distance(villages.geometry::geography, incidents.geometry::geography),
            villages.village_code
        limit 1
    ) as nearest on true

),

counted as (

    select
        feed_id,
        village_code,
        year,
        count(*) as n_incidents,
        jsonb_agg(incident_code order by incident_code) as incident_codes
    from attributed
    group by feed_id, village_code, year

),

final as (

    select
        villages.village_code,
        villages.year,
        villages.village_name,
        villages.town_name,
        coalesce(villages.region_code, villages.village_code) as region_code,
        villages.population,
        villages.is_zero_accident as is_declared,
        coalesce(counted.n_incidents, 0) as n_incidents,
        coalesce(counted.incident_codes, '[]'::jsonb) as incident_codes,
        coalesce(villages.is_zero_accident, false) and counted.n_incidents is not null as is_contradicted,
        -- who says nothing is not free of accidents
        coalesce(villages.is_zero_accident, false) and counted.n_incidents is null as is_zero,
        villages.assessed_at,
        villages.landed_at,
        villages.batch_id
    from villages
    left join counted
        on
            villages.feed_id = counted.feed_id
            and villages.village_code = counted.village_code
            and villages.year = counted.year

)

select * from final
