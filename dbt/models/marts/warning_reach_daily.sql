-- Pairs of warning and enterprise, added up: an enterprise under three warnings counts three times.
with

reach as (

    select * from {{ ref('warning_reach') }}

),

counted as (

    select
        sent_on,
        colour,
        region_code,
        count(distinct warning_key) as n_warnings,
        sum(n_key)::bigint as n_key,
        sum(n_reached)::bigint as n_reached,
        sum(n_reached_in_time)::bigint as n_reached_in_time,
        sum(n_reached_by_machine)::bigint as n_reached_by_machine,
        sum(n_reached_by_hand)::bigint as n_reached_by_hand,
        sum(n_acknowledged)::bigint as n_acknowledged,
        sum(n_acknowledged_in_time)::bigint as n_acknowledged_in_time,
        sum(n_acted)::bigint as n_acted,
        sum(n_stopped)::bigint as n_stopped,
        sum(n_not_reached)::bigint as n_not_reached,
        sum(n_pending)::bigint as n_pending,
        sum(n_no_evidence)::bigint as n_no_evidence,
        sum(people_moved)::bigint as people_moved
    from reach
    group by sent_on, colour, region_code

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
