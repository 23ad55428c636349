-- One row per county, type of plan and year in which something was done about one.
with

plans as (

    select * from {{ ref('fct_plan') }}

),

deeds as (

    select
        plans.region_code,
        plans.plan_type,
        deed.kind,
        extract(year from {{ local_day('deed.done_at') }})::integer as year
    from plans
    cross join
        lateral (
            values
            ('issued', plans.issued_at),
            -- a first issue is no revision, also where both dates are filled in
            ('revised', nullif(plans.revised_at, plans.issued_at)),
            ('filed', plans.filed_at),
            ('reviewed', plans.reviewed_at)
        ) as deed (kind, done_at)
    where deed.done_at <= {{ as_of() }}

),

final as (

    select
        left(region_code, 6) as region_code,
        plan_type,
        year,
        count(*) filter (where kind = 'issued')::integer as n_issued,
        count(*) filter (where kind = 'revised')::integer as n_revised,
        count(*) filter (where kind = 'filed')::integer as n_filed,
        count(*) filter (where kind = 'reviewed')::integer as n_reviewed,
        year < extract(year from {{ local_day(as_of()) }}) as is_whole_year,
        {{ as_of() }} as as_of
    from deeds
    group by left(region_code, 6), plan_type, year

)

select * from final
