-- A loop is open until it is closed or has lapsed; one of which nobody would tell is neither open nor closed.
with

stages as (

    select * from {{ ref('int_closed_loop__stage') }}

),

loops as (

    select
        loop_kind,
        loop_key,
        min(region_code) as region_code,
        min(grade) as grade,
        min(opened_at) as opened_at,
        min(evidence) as evidence,
        -- the first stage that is still to come
        (array_agg(stage order by stage_no) filter (where not is_reached))[1] as waits_for,
        bool_or(not is_reached and state = 'MISSED') as is_overdue,
        min(due_at) filter (where not is_reached and state = 'MISSED') as overdue_since
    from stages
    where
        not is_closed
        and not is_lapsed
    group by loop_kind, loop_key

),

counted as (

    select
        loop_kind,
        region_code,
        grade,
        count(*) filter (where evidence <> 'none') as n_open,
        count(*) filter (where is_overdue) as n_overdue,
        count(*) filter (where evidence = 'none') as n_no_evidence,
        count(*) filter (where evidence <> 'none' and waits_for in ('respond', 'register')) as n_await_response,
        count(*) filter (where evidence <> 'none' and waits_for in ('dispose', 'rectify')) as n_await_disposal,
        count(*) filter (where evidence <> 'none' and waits_for in ('accept', 'close')) as n_await_closing,
        min(opened_at) filter (where evidence <> 'none') as oldest_opened_at,
        min(overdue_since) as oldest_overdue_since
    from loops
    group by loop_kind, region_code, grade

),

final as (

    select
        *,
        {{ signed_hours('oldest_opened_at', as_of()) }} as oldest_age_h,
        {{ signed_hours('oldest_overdue_since', as_of()) }} as longest_overdue_h,
        {{ pct('n_overdue', 'n_open') }} as overdue_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
