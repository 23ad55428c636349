with

cells as (

    select * from {{ ref('int_grid__cell') }}

),

areas as (

    select * from {{ ref('int_grid__area') }}

),

things as (

    select * from {{ ref('int_map__thing') }}

),

figures as (

    select
        cell_id,
        {{ map_figures() }}
    from things
    where cell_id is not null
    group by cell_id

),

rule_counts as (

    select
        things.cell_id,
        driver.rule,
        count(distinct things.thing_id) as n_objects,
        row_number() over (
            partition by things.cell_id
            order by count(distinct things.thing_id) desc, driver.rule
        ) as place
    from things
    inner join lateral jsonb_to_recordset(things.drivers) as driver (rule text, level text)
        on driver.level <> 'unknown'
    group by things.cell_id, driver.rule

),

top_drivers as (

    select
        cell_id,
        jsonb_object_agg(rule, n_objects) as drivers
    from rule_counts
    where place <= {{ var('top_drivers') }}
    group by cell_id

),

moment as (

    select coalesce(max(as_of), {{ as_of() }}) as as_of
    from {{ ref('one_map_object') }}

),

final as (

    select
        cells.cell_id,
        {{ var('grid_edge_m') }}::integer as edge_m,
        cells.cell_i,
        cells.cell_j,
        areas.region_code,
        coalesce(figures.level, 'unknown') as level,
        coalesce(figures.n_objects, 0) as n_objects,
        coalesce(figures.n_red, 0) as n_red,
        coalesce(figures.n_orange, 0) as n_orange,
        coalesce(figures.n_yellow, 0) as n_yellow,
        coalesce(figures.n_blue, 0) as n_blue,
        coalesce(figures.n_unknown, 0) as n_unknown,
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
        cells.geometry
    from cells
    cross join moment
    left join areas on cells.area_code = areas.region_code
    left join figures on cells.cell_id = figures.cell_id
    left join top_drivers on cells.cell_id = top_drivers.cell_id
    -- cells stay in the table that no longer hold anything, nor lie in an area with objects
    where
        areas.region_code is not null
        or figures.cell_id is not null

)

select * from final
