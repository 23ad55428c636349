-- One row per check that led to enforcement cases 行政处罚案件.
with

cases as (

    select * from {{ ref('stg_enforcement_case') }}
    where
        inspection_code is not null
        and state is distinct from '已撤销'

),

final as (

    select
        inspection_code,
        enterprise_code,
        count(*)::integer as n_cases,
        (count(*) filter (where closed_at is not null or state = '已结案'))::integer as n_cases_closed,
        -- a fine counts from the day on which it was decided
        coalesce(sum(fine_cny::numeric) filter (where decided_at is not null), 0)::double precision as fines_cny
    from cases
    group by inspection_code, enterprise_code

)

select * from final
