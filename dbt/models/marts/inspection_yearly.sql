-- One row per region of any level and year: checks, what they found, documents, cases, fines, inspectors.
with

inspections as (

    select * from {{ ref('fct_inspection') }}

),

documents as (

    select * from {{ ref('stg_inspection_document') }}

),

cases as (

    select * from {{ ref('stg_enforcement_case') }}
    where state is distinct from '已撤销'

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'inspection'

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

names as (

    select * from {{ ref('int_region__name') }}

),

-- every event with its day and all regions that it counts for
checks as (

    select
        inspections.*,
        {{ local_day('inspections.checked_at') }} as day,
        coalesce(inspections.credit_code, inspections.enterprise_code) as owner_code,
        levels.region_code as counted_code,
        levels.region_level
    from inspections
    cross join lateral {{ regions_above('inspections.region_code') }} as levels

),

papers as (

    select
        documents.document_type,
        {{ local_day('documents.issued_at') }} as day,
        levels.region_code as counted_code,
        levels.region_level
    from documents
    left join inspections
        on
            documents.feed_id = inspections.feed_id
            and documents.inspection_code = inspections.inspection_code
    cross join lateral {{ regions_above('inspections.region_code') }} as levels

),

placed_cases as (

    select
        cases.*,
        coalesce(cases.region_code, enterprises.region_code) as placed_code
    from cases
    left join aliases on cases.enterprise_code = aliases.code
    left join enterprises
        on
            aliases.credit_code = enterprises.credit_code
            and (cases.filed_at >= enterprises.valid_from or enterprises.is_first_version)
            and cases.filed_at < enterprises.valid_to

),

case_steps as (

    select
        steps.step,
        {{ local_day('steps.stepped_at') }} as day,
        steps.amount_cny,
        levels.region_code as counted_code,
        levels.region_level
    from placed_cases
    inner join lateral (
        values
        ('filed', filed_at, 0),
        ('closed', closed_at, 0),
        ('fined', decided_at, fine_cny)
    ) as steps (step, stepped_at, amount_cny) on true
    cross join lateral {{ regions_above('placed_cases.placed_code') }} as levels
    where steps.stepped_at is not null

),

inspectors as (

    select distinct
        checks.counted_code,
        checks.day,
        names.person_hash
    from checks
    cross join lateral jsonb_array_elements_text(checks.inspector_hashes) as names (person_hash)

),

grid as (

    select
        regions.counted_code,
        regions.region_level,
        periods.*
    from (
        select counted_code, region_level from checks
        union
        select counted_code, region_level from papers
        union
        select counted_code, region_level from case_steps
    ) as regions
    cross join periods

),

-- from when on records, if there were any, would have reached us
known as (

    select
        least(
            (select min(day) from checks),
            (select min({{ local_day('active_from') }}) from feeds)
        ) as first_on

),

checked as (

    select
        checks.counted_code,
        periods.year,
        count(*) as n_inspections,
        count(*) filter (where check_type = '日常检查') as n_daily,
        count(*) filter (where check_type = '综合检查') as n_general,
        count(*) filter (where check_type = '专项检查') as n_special,
        count(*) filter (where check_type = '季节性检查') as n_seasonal,
        count(*) filter (where check_type = '节假日检查') as n_holiday,
        count(*) filter (where is_joint) as n_joint,
        count(distinct owner_code) as n_enterprises_checked,
        coalesce(sum(danger_count), 0) as n_dangers_found,
        coalesce(sum(major_danger_count), 0) as n_major_dangers_found,
        count(*) filter (where is_stopped) as n_stops,
        count(*) filter (where recheck_state in ('made', 'made_late', 'missed')) as n_rechecks_owed,
        count(*) filter (where recheck_state in ('made', 'made_late')) as n_rechecks_made
    from checks
    inner join periods on checks.day between periods.start_on and periods.through_on
    group by checks.counted_code, periods.year

),

checked_last_year as (

    select
        checks.counted_code,
        periods.year,
        count(*) as n_inspections,
        coalesce(sum(danger_count), 0) as n_dangers_found
    from checks
    inner join periods on checks.day between periods.last_start_on and periods.last_through_on
    group by checks.counted_code, periods.year

),

written as (

    select
        papers.counted_code,
        periods.year,
        count(*) filter (where document_type = '现场检查记录') as n_site_records,
        count(*) filter (where document_type = '责令限期整改指令书') as n_orders,
        count(*) filter (where document_type = '整改复查意见书') as n_recheck_notes,
        count(*) filter (where document_type = '现场处理措施决定书') as n_measure_decisions,
        count(*) filter (where document_type = '联合检查文书') as n_joint_documents
    from papers
    inner join periods on papers.day between periods.start_on and periods.through_on
    group by papers.counted_code, periods.year

),

prosecuted as (

    select
        case_steps.counted_code,
        periods.year,
        count(*) filter (where step = 'filed') as n_cases_filed,
        count(*) filter (where step = 'closed') as n_cases_closed,
        coalesce(sum(amount_cny::numeric) filter (where step = 'fined'), 0)::double precision as fines_cny
    from case_steps
    inner join periods on case_steps.day between periods.start_on and periods.through_on
    group by case_steps.counted_code, periods.year

),

prosecuted_last_year as (

    select
        case_steps.counted_code,
        periods.year,
        coalesce(sum(amount_cny::numeric) filter (where step = 'fined'), 0)::double precision as fines_cny
    from case_steps
    inner join periods on case_steps.day between periods.last_start_on and periods.last_through_on
    group by case_steps.counted_code, periods.year

),

staffed as (

    select
        inspectors.counted_code,
        periods.year,
        count(distinct inspectors.person_hash) as n_inspectors
    from inspectors
    inner join periods on inspectors.day between periods.start_on and periods.through_on
    group by inspectors.counted_code, periods.year

),

-- enterprises in operation at the end of the period, whether checked or not
operating as (

    select
        levels.region_code as counted_code,
        periods.year,
        count(distinct enterprises.credit_code) as n_enterprises
    from periods
    inner join enterprises
        on
            enterprises.status = 'active'
            and (periods.through_on >= {{ local_day('enterprises.valid_from') }} or enterprises.is_first_version)
            and periods.through_on < {{ local_day('enterprises.valid_to') }}
    cross join lateral {{ regions_above('enterprises.region_code') }} as levels
    group by levels.region_code, periods.year

),

counted as (

    select
        grid.counted_code as region_code,
        grid.region_level,
        grid.year,
        grid.through_on,
        coalesce(known.first_on <= grid.last_start_on, false) as is_last_year_known,
        coalesce(checked.n_inspections, 0) as n_inspections,
        coalesce(checked.n_daily, 0) as n_daily,
        coalesce(checked.n_general, 0) as n_general,
        coalesce(checked.n_special, 0) as n_special,
        coalesce(checked.n_seasonal, 0) as n_seasonal,
        coalesce(checked.n_holiday, 0) as n_holiday,
        coalesce(checked.n_joint, 0) as n_joint,
        coalesce(checked.n_enterprises_checked, 0) as n_enterprises_checked,
        coalesce(checked.n_dangers_found, 0) as n_dangers_found,
        coalesce(checked.n_major_dangers_found, 0) as n_major_dangers_found,
        coalesce(checked.n_stops, 0) as n_stops,
        coalesce(checked.n_rechecks_owed, 0) as n_rechecks_owed,
        coalesce(checked.n_rechecks_made, 0) as n_rechecks_made,
        coalesce(written.n_site_records, 0) as n_site_records,
        coalesce(written.n_orders, 0) as n_orders,
        coalesce(written.n_recheck_notes, 0) as n_recheck_notes,
        coalesce(written.n_measure_decisions, 0) as n_measure_decisions,
        coalesce(written.n_joint_documents, 0) as n_joint_documents,
        coalesce(prosecuted.n_cases_filed, 0) as n_cases_filed,
        coalesce(prosecuted.n_cases_closed, 0) as n_cases_closed,
        coalesce(prosecuted.fines_cny, 0) as fines_cny,
        coalesce(staffed.n_inspectors, 0) as n_inspectors,
        coalesce(operating.n_enterprises, 0) as n_enterprises,
        coalesce(checked_last_year.n_inspections, 0) as n_inspections_last_year,
        coalesce(checked_last_year.n_dangers_found, 0) as n_dangers_found_last_year,
        coalesce(prosecuted_last_year.fines_cny, 0) as fines_last_year_cny
    from grid
    cross join known
    left join checked
        on
            grid.counted_code = checked.counted_code
            and grid.year = checked.year
    left join checked_last_year
        on
            grid.counted_code = checked_last_year.counted_code
            and grid.year = checked_last_year.year
    left join written
        on
            grid.counted_code = written.counted_code
            and grid.year = written.year
    left join prosecuted
        on
            grid.counted_code = prosecuted.counted_code
            and grid.year = prosecuted.year
    left join prosecuted_last_year
        on
            grid.counted_code = prosecuted_last_year.counted_code
            and grid.year = prosecuted_last_year.year
    left join staffed
        on
            grid.counted_code = staffed.counted_code
            and grid.year = staffed.year
    left join operating
        on
            grid.counted_code = operating.counted_code
            and grid.year = operating.year

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.year,
        counted.through_on,
        counted.n_inspections,
        counted.n_daily,
        counted.n_general,
        counted.n_special,
        counted.n_seasonal,
        counted.n_holiday,
        counted.n_joint,
        counted.n_dangers_found,
        counted.n_major_dangers_found,
        counted.n_stops,
        counted.n_site_records,
        counted.n_orders,
        counted.n_recheck_notes,
        counted.n_measure_decisions,
        counted.n_joint_documents,
        counted.n_rechecks_owed,
        counted.n_rechecks_made,
        {{ pct('counted.n_rechecks_made', 'counted.n_rechecks_owed') }} as rechecks_made_pct,
        counted.n_cases_filed,
        counted.n_cases_closed,
        counted.fines_cny,
        counted.n_enterprises,
        counted.n_enterprises_checked,
        counted.n_inspectors,
        round(counted.n_enterprises::numeric / nullif(counted.n_inspectors, 0), 2)::double precision
            as enterprises_per_inspector,
        counted.is_last_year_known,
        counted.n_inspections_last_year,
        case
            when counted.is_last_year_known
                then {{ change_pct('counted.n_inspections', 'counted.n_inspections_last_year') }}
        end as n_inspections_change_pct,
        counted.n_dangers_found_last_year,
        case
            when counted.is_last_year_known
                then {{ change_pct('counted.n_dangers_found', 'counted.n_dangers_found_last_year') }}
        end as n_dangers_found_change_pct,
        counted.fines_last_year_cny,
        case
            when counted.is_last_year_known then {{ change_pct('counted.fines_cny', 'counted.fines_last_year_cny') }}
        end as fines_change_pct,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
