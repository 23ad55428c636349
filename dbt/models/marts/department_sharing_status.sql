-- One row per department.
with

data_sets as (

    select * from {{ ref('department_sharing') }}

),

departments as (

    select * from {{ ref('dim_department') }}

),

counted as (

    select
        data_sets.department_code,
        count(*) filter (where data_sets.is_promised)::integer as n_promised,
        count(*) filter (where data_sets.is_due)::integer as n_due,
        count(*) filter (where data_sets.state = 'DELIVERING')::integer as n_delivering,
        count(*) filter (where data_sets.state = 'LATE')::integer as n_late,
        count(*) filter (where data_sets.state = 'NO_EVIDENCE')::integer as n_without_evidence,
        count(*) filter (where data_sets.state = 'UNPROMISED')::integer as n_unpromised,
        coalesce(sum(data_sets.expected_deliveries), 0)::bigint as expected_deliveries,
        coalesce(sum(data_sets.received_deliveries), 0)::bigint as received_deliveries,
        max(data_sets.last_polled_at) as last_polled_at
    from data_sets
    group by data_sets.department_code

),

final as (

    select
        counted.department_code,
        departments.department_name,
        case
            when counted.n_due = 0 and counted.n_unpromised > 0 then 'UNPROMISED'
            when counted.n_due = 0 then 'NOT_DUE'
            when counted.n_delivering = counted.n_due then 'DELIVERING'
            when counted.n_delivering > 0 then 'PARTLY'
            when counted.n_late > 0 then 'LATE'
            else 'NO_EVIDENCE'
        end as state,
        counted.n_promised,
        counted.n_due,
        counted.n_delivering,
        counted.n_late,
        counted.n_without_evidence,
        counted.n_unpromised,
        counted.expected_deliveries,
        counted.received_deliveries,
        100::double precision * counted.received_deliveries / nullif(counted.expected_deliveries, 0) as received_pct,
        counted.last_polled_at,
        {{ as_of() }} as as_of
    from counted
    left join departments on counted.department_code = departments.department_code

)

select * from final
