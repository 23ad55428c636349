-- Each message is counted once, however many feeds carry it. What is pending or without evidence is not reached.
with

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where not is_copy

),

counted as (

    select
        warning_key,
        colour,
        {{ county_of('region_code') }} as region_code,
        min(sender) as sender,
        min(identifier) as identifier,
        min(sent_at) as sent_at,
        {{ local_day('min(sent_at)') }} as sent_on,
        min(event) as event,
        count(*) as n_enterprises,
        count(*) filter (where is_key_enterprise) as n_key,
        count(*) filter (where is_key_enterprise and is_reached) as n_reached,
        count(*) filter (where is_key_enterprise and is_reached_in_time) as n_reached_in_time,
        count(*) filter (where is_key_enterprise and is_reached and not is_by_hand) as n_reached_by_machine,
        count(*) filter (where is_key_enterprise and is_reached and is_by_hand) as n_reached_by_hand,
        count(*) filter (
            where is_key_enterprise and receipt_state in ('ACKNOWLEDGED', 'ACTED')
        ) as n_acknowledged,
        count(*) filter (where is_key_enterprise and is_acknowledged_in_time) as n_acknowledged_in_time,
        count(*) filter (where is_key_enterprise and receipt_state = 'ACTED') as n_acted,
        count(*) filter (where is_key_enterprise and is_work_stopped) as n_stopped,
        count(*) filter (where is_key_enterprise and receipt_state in ('SENT', 'NOT_REACHED')) as n_not_reached,
        count(*) filter (where is_key_enterprise and receipt_state = 'PENDING') as n_pending,
        count(*) filter (where is_key_enterprise and receipt_state = 'NO_EVIDENCE') as n_no_evidence,
        count(*) filter (where is_key_enterprise and n_responsible = 0) as n_without_responsible,
        coalesce(sum(people_moved), 0) as people_moved
    from pairs
    group by warning_key, colour, {{ county_of('region_code') }}

),

final as (

    select
        *,
        {{ pct('n_reached', 'n_key') }} as reached_pct,
        {{ pct('n_reached_in_time', 'n_key') }} as reached_in_time_pct,
        {{ pct('n_reached_by_machine', 'n_key') }} as reached_by_machine_pct,
        {{ pct('n_acknowledged', 'n_key') }} as acknowledged_pct,
        {{ pct('n_acted', 'n_key') }} as acted_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
