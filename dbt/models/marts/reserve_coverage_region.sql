-- One row per region, from town to city, and hazard.
with

coverage as (

    select * from {{ ref('reserve_coverage') }}

),

levels as (

    select
        coverage.*,
        part.code as part_code,
        part.region_level
    from coverage
    cross join
        lateral (
            values
            ('city', left(coverage.region_code, 4) || '00'),
            ('county', left(coverage.region_code, 6)),
            ('town', coverage.town_code)
        ) as part (region_level, code)
    -- a code that ends with the city names no county
    where
        length(coverage.region_code) >= 6
        and (part.region_level <> 'town' or length(part.code) = 9)

),

final as (

    select
        part_code as region_code,
        region_level,
        hazard_type,
        case when region_level = 'town' then max(town_name) end as town_name,
        count(*)::integer as n_villages,
        count(is_covered)::integer as n_judged,
        count(*) filter (where is_covered)::integer as n_covered,
        100::double precision * count(*) filter (where is_covered) / nullif(count(is_covered), 0) as covered_pct,
        coalesce(sum(population), 0)::integer as population,
        coalesce(sum(population) filter (where is_covered is not null), 0)::integer as population_judged,
        coalesce(sum(population) filter (where is_covered), 0)::integer as population_covered,
        100::double precision * sum(population) filter (where is_covered)
        / nullif(sum(population) filter (where is_covered is not null), 0) as population_covered_pct,
        count(nearest_depot_km)::integer as n_with_depot,
        coalesce(sum(nearest_depot_km::numeric), 0)::double precision as nearest_depot_sum_km,
        avg(nearest_depot_km::numeric)::double precision as nearest_depot_mean_km,
        count(covering_km)::integer as n_with_stock,
        coalesce(sum(covering_km::numeric), 0)::double precision as covering_sum_km,
        avg(covering_km::numeric)::double precision as covering_mean_km,
        max(covering_km) as covering_max_km,
        max(radius_km) as radius_km,
        {{ as_of() }} as as_of
    from levels
    group by part_code, region_level, hazard_type

)

select * from final
