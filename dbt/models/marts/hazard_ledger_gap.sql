-- One row per enterprise in operation: does its ledger of hidden dangers reach us, or does it exist on paper only?
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        is_current
        and status = 'active'

),

dangers as (

    select * from {{ ref('fct_hazard') }}

),

inspections as (

    select * from {{ ref('fct_inspection') }}

),

span as (

    select {{ as_of() }} - make_interval(days => {{ assumed('ledger_silent_days') }}::integer) as since

),

entries as (

    select
        dangers.credit_code,
        count(*) filter (where dangers.found_at > span.since) as n_entries,
        max(dangers.found_at) as last_entry_at
    from dangers
    cross join span
    where
        dangers.credit_code is not null
        and dangers.found_at <= {{ as_of() }}
    group by dangers.credit_code

),

found as (

    select
        inspections.credit_code,
        count(*) as n_inspections,
        coalesce(sum(inspections.danger_count), 0) as n_dangers_found
    from inspections
    cross join span
    where
        inspections.credit_code is not null
        and inspections.checked_at > span.since
        and inspections.checked_at <= {{ as_of() }}
    group by inspections.credit_code

),

counted as (

    select
        enterprises.*,
        span.since,
        coalesce(entries.n_entries, 0) as n_entries,
        entries.last_entry_at,
        coalesce(found.n_inspections, 0) as n_inspections,
        coalesce(found.n_dangers_found, 0) as n_dangers_found
    from enterprises
    cross join span
    left join entries on enterprises.credit_code = entries.credit_code
    left join found on enterprises.credit_code = found.credit_code

),

final as (

    select
        credit_code,
        enterprise_name,
        region_code,
        industry,
        static_level,
        is_key_enterprise,
        since,
        n_entries,
        last_entry_at,
        n_inspections,
        n_dangers_found,
        case
            when n_entries > 0 then 'kept'
            when n_dangers_found > 0 then 'on_paper'
            when n_inspections > 0 then 'nothing_found'
            else 'unchecked'
        end as ledger_state,
        n_entries = 0 as is_gap,
        {{ as_of() }} as as_of
    from counted

)

select * from final
