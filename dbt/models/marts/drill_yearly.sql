-- One row per county, type of drill and year. Goals are not known here: no source has landed one.
with

drills as (

    select * from {{ ref('fct_drill') }}
    where is_held

),

final as (

    select
        left(region_code, 6) as region_code,
        drill_type,
        year,
        count(*)::integer as n_drills,
        count(*) filter (where is_of_enterprise)::integer as n_of_enterprises,
        count(distinct coalesce(credit_code, enterprise_code))::integer as n_enterprises,
        count(distinct plan_code)::integer as n_plans,
        coalesce(sum(participants), 0)::integer as person_times,
        count(participants)::integer as n_counted,
        count(*) filter (where is_evaluated)::integer as n_evaluated,
        coalesce(sum(duration_min), 0) as duration_min,
        count(duration_min)::integer as n_timed,
        percentile_cont(0.5) within group (order by duration_min) as duration_p50_min,
        count(faster_by_min)::integer as n_comparable,
        count(*) filter (where faster_by_min > 0)::integer as n_faster,
        year < extract(year from {{ local_day(as_of()) }}) as is_whole_year,
        {{ as_of() }} as as_of
    from drills
    group by left(region_code, 6), drill_type, year

)

select * from final
