-- One row per feed, promise and day (Asia/Shanghai): the hours of the day by how the promise was kept in them. A day
-- that can still be met or missed is pending.
with

hours as (

    select * from {{ ref('metric_sla_hourly') }}

),

promises as (

    select * from {{ ref('dim_feed_version') }}

),

counted as (

    select
        feed_id,
        promise,
        {{ local_day('hour_at') }} as day,
        count(*) as n_windows,
        count(*) filter (where state = 'MET') as n_met,
        count(*) filter (where state = 'MISSED') as n_missed,
        count(*) filter (where state = 'PENDING') as n_pending,
        count(*) filter (where state = 'NO_EVIDENCE') as n_no_evidence,
        count(*) filter (where state = 'EXCLUDED') as n_excluded
    from hours
    group by feed_id, promise, {{ local_day('hour_at') }}

),

-- of the promises that had begun by the end of the day the newest
owners as (

    select distinct on (counted.feed_id, counted.day)
        counted.feed_id,
        counted.day,
        promises.department
    from (select distinct feed_id, day from counted) as counted
    inner join promises
        on
            counted.feed_id = promises.feed_id
            and promises.valid_from < {{ day_start('(counted.day + 1)') }}
    order by counted.feed_id, counted.day, promises.valid_from desc

),

final as (

    select
        counted.feed_id,
        counted.promise,
        counted.day,
        owners.department,
        counted.n_windows,
        counted.n_met + counted.n_missed as n_windows_judged,
        counted.n_met,
        counted.n_missed,
        counted.n_pending,
        counted.n_no_evidence,
        counted.n_excluded,
        {{ pct('counted.n_met', '(counted.n_met + counted.n_missed)') }} as met_pct,
        {{ var('sla_target') }}::double precision as target,
        case
            when n_missed > (1 - {{ var('sla_target') }}) * (n_met + n_missed + n_pending) then 'MISSED'
            when n_pending > 0 then 'PENDING'
            when n_met > 0 then 'MET'
            when n_no_evidence > 0 then 'NO_EVIDENCE'
            else 'EXCLUDED'
        end as state,
        {{ as_of() }} as as_of
    from counted
    inner join owners
        on
            counted.feed_id = owners.feed_id
            and counted.day = owners.day

)

select * from final
