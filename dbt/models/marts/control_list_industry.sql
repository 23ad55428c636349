-- One row per region of any level, industry and static level: one list per industry 一行业一清单, in figures.
with

enterprises as (

    select * from {{ ref('control_list') }}

),

names as (

    select * from {{ ref('int_region__name') }}

),

counted as (

    select
        levels.region_code,
        levels.region_level,
        coalesce(enterprises.industry, 'unknown') as industry,
        enterprises.static_level,
        count(*) as n_enterprises,
        count(*) filter (where enterprises.is_key_enterprise) as n_key_enterprises,
        count(*) filter (where enterprises.is_frequency_met) as n_frequency_met,
        count(*) filter (where enterprises.check_state = 'never_checked') as n_never_checked,
        count(*) filter (where enterprises.has_responsible) as n_with_responsible,
        count(*) filter (where enterprises.n_open_major > 0) as n_with_open_major,
        count(*) filter (where enterprises.n_overdue_dangers > 0) as n_with_overdue,
        count(*) filter (where enterprises.is_blacklisted) as n_blacklisted
    from enterprises
    cross join lateral {{ regions_above('enterprises.region_code') }} as levels
    group by levels.region_code, levels.region_level, enterprises.industry, enterprises.static_level

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.industry,
        counted.static_level,
        counted.n_enterprises,
        counted.n_key_enterprises,
        counted.n_frequency_met,
        {{ pct('counted.n_frequency_met', 'counted.n_enterprises') }} as frequency_met_pct,
        counted.n_never_checked,
        counted.n_with_responsible,
        {{ pct('counted.n_with_responsible', 'counted.n_enterprises') }} as with_responsible_pct,
        counted.n_with_open_major,
        counted.n_with_overdue,
        counted.n_blacklisted,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
