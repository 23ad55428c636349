-- One row per region of any level, year and kind of unit (village, enterprise): how many had no accident.
with

villages as (

    select * from {{ ref('zero_accident_village') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where status = 'active'

),

incidents as (

    select * from {{ ref('fct_incident') }}
    where credit_code is not null

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

names as (

    select * from {{ ref('int_region__name') }}

),

struck as (

    select distinct
        incidents.credit_code,
        periods.year
    from incidents
    inner join periods on {{ local_day('incidents.happened_at') }} between periods.start_on and periods.through_on

),

units as (

    select
        'village' as unit_kind,
        year,
        region_code,
        is_zero,
        is_contradicted,
        is_declared is null as is_unknown
    from villages

    union all

    -- in operation on the last day of the year that is counted
    select
        'enterprise' as unit_kind,
        periods.year,
        enterprises.region_code,
        struck.credit_code is null as is_zero,
        false as is_contradicted,
        false as is_unknown
    from periods
    inner join enterprises
        on
            (periods.through_on >= {{ local_day('enterprises.valid_from') }} or enterprises.is_first_version)
            and periods.through_on < {{ local_day('enterprises.valid_to') }}
    left join struck
        on
            enterprises.credit_code = struck.credit_code
            and periods.year = struck.year

),

counted as (

    select
        levels.region_code,
        levels.region_level,
        units.year,
        units.unit_kind,
        count(*) as n_units,
        count(*) filter (where units.is_zero) as n_zero,
        count(*) filter (where units.is_contradicted) as n_contradicted,
        count(*) filter (where units.is_unknown) as n_unknown
    from units
    cross join lateral {{ regions_above('units.region_code') }} as levels
    group by levels.region_code, levels.region_level, units.year, units.unit_kind

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.year,
        counted.unit_kind,
        counted.n_units,
        counted.n_zero,
        counted.n_contradicted,
        counted.n_unknown,
        {{ pct('counted.n_zero', 'counted.n_units') }} as zero_pct,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
