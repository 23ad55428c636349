-- One row per enterprise of today's register: its levels, what control they ask for, and what oversight knows of it.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

objects as (

    select * from {{ ref('dim_risk_object') }}
    where is_current

),

levels as (

    select * from {{ ref('one_map_object') }}

),

dangers as (

    select * from {{ ref('fct_hazard') }}

),

inspections as (

    select * from {{ ref('fct_inspection') }}

),

rechecks as (

    select * from {{ ref('recheck_gap') }}

),

credits as (

    select * from {{ ref('credit_list') }}

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where is_current

),

persons as (

    select * from {{ ref('stg_responsible_person') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

units as (

    select * from {{ ref('stg_risk_unit') }}
    where not is_deleted

),

frequencies as (

    select * from {{ ref('control_frequency') }}

),

-- codes of what an enterprise owns: sources of major hazard, ponds, slopes
structures as (

    select
        code,
        min(credit_code) as credit_code
    from (
        select
            structure_code as code,
            credit_code
        from points
        union
        select
            units.hazard_code as code,
            aliases.credit_code
        from units
        inner join aliases on units.enterprise_code = aliases.code
    ) as owned
    where
        code is not null
        and credit_code is not null
    group by code
    having count(distinct credit_code) = 1

),

-- an enterprise is as dangerous as the gravest of its objects
graded as (

    select
        objects.credit_code,
        {{ highest_level('levels.level') }} as level,
        {{ highest_level('levels.dynamic_level') }} as dynamic_level
    from objects
    inner join levels on objects.object_id = levels.object_id
    where objects.credit_code is not null
    group by objects.credit_code

),

found as (

    select
        credit_code,
        count(*) filter (where is_open) as n_open_dangers,
        count(*) filter (where is_open and is_major) as n_open_major,
        count(*) filter (where is_overdue) as n_overdue_dangers,
        count(*) filter (where is_overdue and is_major) as n_overdue_major
    from dangers
    where
        credit_code is not null
        and duplicate_of is null
    group by credit_code

),

checked as (

    select
        credit_code,
        max(checked_at) as last_checked_at
    from inspections
    where
        credit_code is not null
        and checked_at <= {{ as_of() }}
    group by credit_code

),

listed as (

    select distinct on (credit_code)
        credit_code,
        list,
        score,
        quarter,
        is_standing
    from credits
    where
        credit_code is not null
        and is_latest_quarter
    order by credit_code, updated_at desc nulls last, enterprise_code

),

in_charge as (

    select
        coalesce(aliases.credit_code, structures.credit_code) as credit_code,
        count(distinct persons.person_hash) as n_responsible,
        jsonb_agg(distinct persons.role) as responsible_roles
    from persons
    left join aliases on persons.object_code = aliases.code
    left join structures on persons.object_code = structures.code
    where
        (persons.valid_from is null or persons.valid_from <= {{ as_of() }})
        and (persons.valid_to is null or persons.valid_to > {{ as_of() }})
    group by coalesce(aliases.credit_code, structures.credit_code)

),

joined as (

    select
        enterprises.*,
        coalesce(graded.level, 'unknown') as level,
        coalesce(graded.dynamic_level, 'unknown') as dynamic_level,
        frequencies.control_level,
        frequencies.control_level_name,
        frequencies.check_interval_days,
        checked.last_checked_at,
        checked.last_checked_at + frequencies.check_interval_days * interval '1 day' as check_due_at,
        coalesce(found.n_open_dangers, 0) as n_open_dangers,
        coalesce(found.n_open_major, 0) as n_open_major,
        coalesce(found.n_overdue_dangers, 0) as n_overdue_dangers,
        coalesce(found.n_overdue_major, 0) as n_overdue_major,
        coalesce(rechecks.missed_running, 0) as rechecks_missed_running,
        listed.list as credit_list,
        listed.score as credit_score,
        listed.quarter as credit_quarter,
        coalesce(listed.is_standing and listed.list = 'black', false) as is_blacklisted,
        coalesce(in_charge.n_responsible, 0) as n_responsible,
        coalesce(in_charge.responsible_roles, '[]'::jsonb) as responsible_roles
    from enterprises
    left join graded on enterprises.credit_code = graded.credit_code
    left join frequencies on enterprises.static_level = frequencies.static_level
    left join checked on enterprises.credit_code = checked.credit_code
    left join found on enterprises.credit_code = found.credit_code
    left join rechecks on enterprises.credit_code = rechecks.credit_code
    left join listed on enterprises.credit_code = listed.credit_code
    left join in_charge on enterprises.credit_code = in_charge.credit_code

),

final as (

    select
        *,
        case
            when check_interval_days is null then 'no_rule'
            when last_checked_at is null then 'never_checked'
            when {{ as_of() }} > check_due_at then 'overdue'
            else 'met'
        end as check_state
    from joined

)

select * from final
