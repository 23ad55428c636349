-- One row per county and type of plan, as things stand.
with

plans as (

    select * from {{ ref('fct_plan') }}

),

final as (

    select
        left(region_code, 6) as region_code,
        plan_type,
        count(*)::integer as n_plans,
        count(*) filter (where is_in_force)::integer as n_in_force,
        count(*) filter (where is_in_force and is_filed)::integer as n_filed,
        count(*) filter (where is_in_force and is_reviewed)::integer as n_reviewed,
        count(*) filter (where is_in_force and is_expired)::integer as n_expired,
        count(*) filter (where is_in_force and is_outdated is not null)::integer as n_dated,
        count(*) filter (where is_in_force and is_outdated)::integer as n_outdated,
        100::double precision * count(*) filter (where is_in_force and is_outdated)
        / nullif(count(*) filter (where is_in_force and is_outdated is not null), 0) as outdated_pct,
        count(*) filter (where is_in_force and is_drilled_in_year is not null)::integer as n_drill_known,
        count(*) filter (where is_in_force and is_drilled_in_year)::integer as n_drilled_in_year,
        100::double precision * count(*) filter (where is_in_force and is_drilled_in_year)
        / nullif(count(*) filter (where is_in_force and is_drilled_in_year is not null), 0) as drilled_pct,
        count(distinct coalesce(credit_code, enterprise_code)) filter (where is_in_force)::integer as n_enterprises,
        {{ as_of() }} as as_of
    from plans
    group by left(region_code, 6), plan_type

)

select * from final
