-- One row per region of any level, year and part of the year: accidents to date against the same days a year before.
with

incidents as (

    select * from {{ ref('fct_incident') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

villages as (

    select * from {{ ref('stg_village') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'incident'

),

periods as (

    select * from {{ ref('int_period__reporting') }}

),

names as (

    select * from {{ ref('int_region__name') }}

),

located as (

    select
        incidents.*,
        {{ local_day('incidents.happened_at') }} as day,
        levels.region_code as counted_code,
        levels.region_level
    from incidents
    cross join lateral {{ regions_above('incidents.region_code') }} as levels

),

-- regions with anything that could have an accident: none in a year is a figure too
regions as (

    select
        counted_code,
        region_level
    from located

    union

    select
        levels.region_code as counted_code,
        levels.region_level
    from (
        select region_code from enterprises
        union
        select region_code from villages
    ) as watched
    cross join lateral {{ regions_above('watched.region_code') }} as levels
    where watched.region_code is not null

),

-- from when on records, if there were any, would have reached us
known as (

    select
        least(
            (select min(day) from located),
            (select min({{ local_day('active_from') }}) from feeds)
        ) as first_on

),

this_year as (

    select
        located.counted_code,
        periods.year,
        periods.period,
        count(*) as n_incidents,
        count(*) filter (
            where coalesce(level_by_figures, incident_level) in ('较大', '重大', '特别重大')
        ) as n_grave_incidents,
        coalesce(sum(deaths), 0) as deaths,
        coalesce(sum(injuries), 0) as injuries,
        coalesce(sum(missing), 0) as missing,
        coalesce(sum(loss_cny::numeric), 0)::double precision as loss_cny,
        count(*) filter (where is_toll_unknown) as n_toll_unknown,
        count(*) filter (where is_reported_late) as n_reported_late
    from located
    inner join periods on located.day between periods.start_on and periods.through_on
    group by located.counted_code, periods.year, periods.period

),

last_year as (

    select
        located.counted_code,
        periods.year,
        periods.period,
        count(*) as n_incidents,
        coalesce(sum(deaths), 0) as deaths,
        coalesce(sum(injuries), 0) as injuries,
        coalesce(sum(loss_cny::numeric), 0)::double precision as loss_cny
    from located
    inner join periods on located.day between periods.last_start_on and periods.last_through_on
    group by located.counted_code, periods.year, periods.period

),

counted as (

    select
        regions.counted_code as region_code,
        regions.region_level,
        periods.year,
        periods.period,
        periods.start_on,
        periods.through_on,
        periods.last_start_on,
        periods.last_through_on,
        coalesce(known.first_on <= periods.last_start_on, false) as is_last_year_known,
        coalesce(this_year.n_incidents, 0) as n_incidents,
        coalesce(this_year.n_grave_incidents, 0) as n_grave_incidents,
        coalesce(this_year.deaths, 0) as deaths,
        coalesce(this_year.injuries, 0) as injuries,
        coalesce(this_year.missing, 0) as missing,
        coalesce(this_year.loss_cny, 0) as loss_cny,
        coalesce(this_year.n_toll_unknown, 0) as n_toll_unknown,
        coalesce(this_year.n_reported_late, 0) as n_reported_late,
        coalesce(last_year.n_incidents, 0) as n_incidents_last_year,
        coalesce(last_year.deaths, 0) as deaths_last_year,
        coalesce(last_year.injuries, 0) as injuries_last_year,
        coalesce(last_year.loss_cny, 0) as loss_last_year_cny
    from regions
    cross join periods
    cross join known
    left join this_year
        on
            regions.counted_code = this_year.counted_code
            and periods.year = this_year.year
            and periods.period = this_year.period
    left join last_year
        on
            regions.counted_code = last_year.counted_code
            and periods.year = last_year.year
            and periods.period = last_year.period

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.year,
        counted.period,
        counted.start_on,
        counted.through_on,
        counted.last_start_on,
        counted.last_through_on,
        counted.n_incidents,
        counted.n_grave_incidents,
        counted.deaths,
        counted.injuries,
        counted.missing,
        counted.loss_cny,
        counted.n_toll_unknown,
        counted.n_reported_late,
        counted.is_last_year_known,
        counted.n_incidents_last_year,
        counted.deaths_last_year,
        counted.injuries_last_year,
        counted.loss_last_year_cny,
        case
            when counted.is_last_year_known then counted.n_incidents - counted.n_incidents_last_year
        end as n_incidents_change,
        case
            when counted.is_last_year_known
                then {{ change_pct('counted.n_incidents', 'counted.n_incidents_last_year') }}
        end as n_incidents_change_pct,
        case when counted.is_last_year_known then counted.deaths - counted.deaths_last_year end as deaths_change,
        case
            when counted.is_last_year_known then {{ change_pct('counted.deaths', 'counted.deaths_last_year') }}
        end as deaths_change_pct,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
