-- Warnings in force, and those that ended or were sent in the last `warning_gap_days`.
with

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where
        is_key_enterprise
        and not is_copy

),

states as (

    select * from {{ ref('int_warning__state') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

-- a warning that one feed still has in force is in force
recent as (

    select
        warning_key,
        bool_or(state = 'active') as is_in_force,
        case when not bool_or(state = 'active') then max(ended_at) end as ended_at
    from states
    group by warning_key
    having
        bool_or(state = 'active')
        or max(ended_at) > {{ as_of() }} - make_interval(days => {{ var('warning_gap_days') }})

),

gaps as (

    select
        pairs.*,
        recent.is_in_force,
        recent.ended_at,
        case
            when pairs.receipt_state in ('SENT', 'NOT_REACHED') then 'not reached'
            when pairs.receipt_state = 'DELIVERED' then 'not acknowledged'
            when pairs.receipt_state = 'NO_EVIDENCE' then 'no evidence'
        end as missing_receipt,
        case
            when pairs.receipt_state = 'DELIVERED' then pairs.acknowledge_due_at
            else pairs.reach_due_at
        end as due_at
    from pairs
    inner join recent on pairs.warning_key = recent.warning_key

),

final as (

    select
        gaps.warning_key,
        gaps.credit_code,
        gaps.enterprise_name,
        gaps.industry,
        gaps.region_code,
        regions.region_name,
        gaps.event,
        gaps.colour,
        gaps.sent_at,
        gaps.onset_at,
        gaps.is_in_force,
        gaps.ended_at,
        gaps.receipt_state,
        concat_ws(
            '; ',
            gaps.missing_receipt,
            case when gaps.n_responsible = 0 then 'no responsible person' end
        ) as missing,
        gaps.n_responsible,
        gaps.channels,
        gaps.delivered_at,
        gaps.due_at,
        {{ signed_minutes('gaps.due_at', as_of()) }} as overdue_min,
        {{ as_of() }} as as_of
    from gaps
    left join regions on left(gaps.region_code, 6) = regions.region_code
    where
        -- within its promise nothing is missing yet
        gaps.missing_receipt is not null
        and gaps.due_at <= {{ as_of() }}

)

select * from final
