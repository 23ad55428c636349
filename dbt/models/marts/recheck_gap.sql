-- One row per enterprise that ever owed a re-check: how many were made, and how many running were not.
with

inspections as (

    select * from {{ ref('fct_inspection') }}
    where recheck_state in ('made', 'made_late', 'missed')

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

judged as (

    select
        *,
        coalesce(credit_code, enterprise_code) as owner_code,
        row_number() over (
            partition by coalesce(credit_code, enterprise_code)
            order by checked_at desc, feed_id desc, inspection_code desc
        ) as place
    from inspections

),

counted as (

    select
        owner_code,
        max(credit_code) as credit_code,
        max(enterprise_name) filter (where place = 1) as typed_name,
        count(*) as n_rechecks_owed,
        count(*) filter (where recheck_state <> 'missed') as n_rechecks_made,
        count(*) filter (where recheck_state = 'made_late') as n_rechecks_late,
        count(*) filter (where recheck_state = 'missed') as n_rechecks_missed,
        max(missed_running) filter (where place = 1) as missed_running,
        max(checked_at) filter (where recheck_state = 'missed') as last_missed_at
    from judged
    group by owner_code

),

final as (

    select
        counted.owner_code,
        counted.credit_code,
        coalesce(enterprises.enterprise_name, counted.typed_name) as enterprise_name,
        enterprises.region_code,
        enterprises.industry,
        enterprises.static_level,
        counted.n_rechecks_owed,
        counted.n_rechecks_made,
        counted.n_rechecks_late,
        counted.n_rechecks_missed,
        {{ pct('counted.n_rechecks_made', 'counted.n_rechecks_owed') }} as rechecks_made_pct,
        counted.missed_running,
        counted.last_missed_at,
        counted.missed_running >= {{ assumed('recheck_missed_running') }} as is_listed,
        {{ as_of() }} as as_of
    from counted
    left join enterprises on counted.credit_code = enterprises.credit_code

)

select * from final
