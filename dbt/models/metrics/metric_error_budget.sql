-- One row per feed that runs and promise: how many hours of the last days may be missed, how many were, and how fast
-- the budget burns. Burning is counted back from the last hour whose time is over. Only WITHIN_BUDGET is good.
with

feeds as (

    select * from {{ ref('dim_feed_version') }}
    where
        valid_from <= {{ as_of() }}
        and valid_to > {{ as_of() }}

),

hours as (

    select
        *,
        max(hour_at) filter (where state <> 'PENDING') over (partition by feed_id, promise) as last_over_at
    from {{ ref('metric_sla_hourly') }}
    where
        hour_at > {{ as_of() }} - interval '{{ var("error_budget_days") }} days'
        and hour_at <= {{ as_of() }}

),

counted as (

    select
        feed_id,
        promise,
        count(*) filter (where state in ('MET', 'MISSED')) as n_windows_judged,
        count(*) filter (where state = 'MISSED') as n_missed,
        count(*) filter (where state = 'PENDING') as n_pending,
        count(*) filter (where state = 'NO_EVIDENCE') as n_no_evidence,
        count(*) filter (where state = 'EXCLUDED') as n_excluded,
        max(hour_at) filter (where state in ('MET', 'MISSED')) as last_judged_at,
        {{ burn_rate(1) }} as burn_rate_1h,
        {{ burn_rate(2) }} as burn_rate_2h,
        {{ burn_rate(6) }} as burn_rate_6h,
        {{ burn_rate(24) }} as burn_rate_24h,
        {{ burn_rate(72) }} as burn_rate_72h
    from hours
    group by feed_id, promise

),

budgeted as (

    select
        *,
        round((1 - {{ var('sla_target') }}) * n_windows_judged, 2)::double precision as n_budget
    from counted

),

final as (

    select
        feeds.feed_id,
        budgeted.promise,
        feeds.department,
        {{ var('error_budget_days') }} as budget_days,
        {{ var('sla_target') }}::double precision as target,
        budgeted.n_windows_judged,
        budgeted.n_budget,
        budgeted.n_missed,
        budgeted.n_pending,
        budgeted.n_no_evidence,
        budgeted.n_excluded,
        {{ pct('(budgeted.n_budget - budgeted.n_missed)', 'budgeted.n_budget') }} as left_pct,
        budgeted.burn_rate_1h,
        budgeted.burn_rate_2h,
        budgeted.burn_rate_6h,
        budgeted.burn_rate_24h,
        budgeted.burn_rate_72h,
        budgeted.last_judged_at,
        case
            when budgeted.n_windows_judged = 0 and budgeted.n_no_evidence > 0 then 'NO_EVIDENCE'
            when budgeted.n_windows_judged = 0 and budgeted.n_pending > 0 then 'PENDING'
            when budgeted.n_windows_judged = 0 then 'EXCLUDED'
            when burn_rate_1h >= {{ var('burn_rate_fast_1h') }} then 'FAST_BURN'
            when {{ burns('burn_rate_6h', 'burn_rate_1h', var('burn_rate_fast_6h')) }} then 'FAST_BURN'
            when budgeted.n_missed > budgeted.n_budget then 'EXHAUSTED'
            when {{ burns('burn_rate_24h', 'burn_rate_2h', var('burn_rate_slow_24h')) }} then 'SLOW_BURN'
            when {{ burns('burn_rate_72h', 'burn_rate_6h', var('burn_rate_slow_72h')) }} then 'SLOW_BURN'
            else 'WITHIN_BUDGET'
        end as state,
        {{ as_of() }} as as_of
    from budgeted
    inner join feeds on budgeted.feed_id = feeds.feed_id

)

select * from final
