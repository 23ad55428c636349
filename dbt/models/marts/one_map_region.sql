with

things as (

    select * from {{ ref('int_map__thing') }}

),

regions as (

    select * from {{ ref('dim_region') }}
    where is_current

),

ancestors as (

    select * from {{ ref('int_region__ancestor') }}

),

-- a thing counts for its region and for all that this is part of
counted_things as (

    select
        things.*,
        coalesce(ancestors.ancestor_code, 'unknown') as counted_in
    from things
    left join ancestors on things.region_code = ancestors.region_code

),

figures as (

    select
        counted_in as region_code,
        count(*) filter (
            where thing = 'object' and coalesce(region_code, 'unknown') = counted_in
        ) as n_objects_own,
        {{ map_figures() }}
    from counted_things
    group by counted_in

),

rule_counts as (

    select
        counted_things.counted_in,
        driver.rule,
        count(distinct counted_things.thing_id) as n_objects,
        row_number() over (
            partition by counted_things.counted_in
            order by count(distinct counted_things.thing_id) desc, driver.rule
        ) as place
    from counted_things
    inner join lateral jsonb_to_recordset(counted_things.drivers) as driver (rule text, level text)
        on driver.level <> 'unknown'
    group by counted_things.counted_in, driver.rule

),

top_drivers as (

    select
        counted_in,
        jsonb_object_agg(rule, n_objects) as drivers
    from rule_counts
    where place <= {{ var('top_drivers') }}
    group by counted_in

),

moment as (

    select coalesce(max(as_of), {{ as_of() }}) as as_of
    from {{ ref('one_map_object') }}

),

rows_of_the_map as (

    select
        region_code,
        region_name,
        region_level,
        parent_code,
        geometry
    from regions

    union all

    -- what nobody knows the region of
    select
        region_code,
        null as region_name,
        null as region_level,
        null as parent_code,
        {{ as_multipolygon('null::geometry') }} as geometry
    from figures
    where region_code = 'unknown'

),

final as (

    select
        rows_of_the_map.region_code,
        rows_of_the_map.region_name,
        rows_of_the_map.region_level,
        rows_of_the_map.parent_code,
        coalesce(figures.level, 'unknown') as level,
        coalesce(figures.n_objects, 0) as n_objects,
        coalesce(figures.n_objects_own, 0) as n_objects_own,
        coalesce(figures.n_red, 0) as n_red,
        coalesce(figures.n_orange, 0) as n_orange,
        coalesce(figures.n_yellow, 0) as n_yellow,
        coalesce(figures.n_blue, 0) as n_blue,
        coalesce(figures.n_unknown, 0) as n_unknown,
        100.0::double precision * (figures.n_red + figures.n_orange) / nullif(figures.n_objects, 0) as red_orange_pct,
        100.0::double precision * (figures.n_objects - figures.n_unknown) / nullif(figures.n_objects, 0) as judged_pct,
        coalesce(top_drivers.drivers, '{}'::jsonb) as drivers,
        coalesce(figures.n_villages, 0) as n_villages,
        figures.population,
        figures.population_exposed,
        figures.population_unjudged,
        coalesce(figures.n_enterprises, 0) as n_enterprises,
        coalesce(figures.n_enterprises_at_risk, 0) as n_enterprises_at_risk,
        coalesce(figures.n_key_enterprises, 0) as n_key_enterprises,
        coalesce(figures.n_key_enterprises_at_risk, 0) as n_key_enterprises_at_risk,
        figures.employees,
        figures.employees_at_risk,
        moment.as_of,
        rows_of_the_map.geometry
    from rows_of_the_map
    cross join moment
    left join figures on rows_of_the_map.region_code = figures.region_code
    left join top_drivers on rows_of_the_map.region_code = top_drivers.counted_in

)

select * from final
