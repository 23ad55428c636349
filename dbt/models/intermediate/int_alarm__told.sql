-- One row per point, kind of alarm and episode as sources told it. Who is over quota is told anew in every snapshot,
-- and no snapshot tells an end: snapshots that follow each other while the one before is evidence are one episode,
-- which ends when the last of them is no evidence any more.
with

alarms as (

    select * from {{ ref('stg_alarm') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

snapshots as (

    select
        alarms.*,
        make_interval(secs => feeds.fresh_for_s) as fresh_for,
        lag(alarms.started_at) over (
            partition by alarms.feed_id, alarms.point_code
            order by alarms.started_at
        ) + make_interval(secs => feeds.fresh_for_s) as previous_until
    from alarms
    inner join feeds on alarms.feed_id = feeds.feed_id
    where
        alarms.alarm_type = 'over_quota'
        and alarms.ended_at is null

),

numbered as (

    select
        *,
        count(*) filter (where previous_until is null or started_at > previous_until) over (
            partition by feed_id, point_code
            order by started_at
        ) as episode_no
    from snapshots

),

episodes as (

    select
        feed_id,
        point_code,
        alarm_type,
        min(started_at) as started_at,
        max(started_at + fresh_for) as ended_at,
        {{ highest_level('level') }} as level,
        min(limit_type) as limit_type,
        min(variable) as variable,
        max(value) as value,
        min(unit) as unit,
        (array_agg(location order by started_at desc))[1] as location,
        (array_agg(reason order by started_at desc))[1] as reason,
        (array_agg(measure order by started_at desc))[1] as measure,
        -- judged false only where every snapshot was
        coalesce(bool_or(is_confirmed), false) as has_confirmed,
        count(is_confirmed) as n_judged,
        count(*) as n_snapshots,
        min(acknowledged_at) as acknowledged_at,
        min(owner_code) as owner_code,
        max(landed_at) as landed_at,
        max(batch_id) as batch_id
    from numbered
    group by feed_id, point_code, alarm_type, episode_no

),

final as (

    select
        feed_id,
        point_code,
        alarm_type,
        started_at,
        ended_at,
        level,
        limit_type,
        variable,
        value,
        unit,
        location,
        reason,
        measure,
        is_confirmed,
        acknowledged_at,
        owner_code,
        1 as n_told,
        landed_at,
        batch_id
    from alarms
    where
        alarm_type <> 'over_quota'
        or ended_at is not null

    union all

    select
        feed_id,
        point_code,
        alarm_type,
        started_at,
        ended_at,
        level,
        limit_type,
        variable,
        value,
        unit,
        location,
        reason,
        measure,
        case when has_confirmed then true when n_judged = n_snapshots then false end as is_confirmed,
        acknowledged_at,
        owner_code,
        n_snapshots::integer as n_told,
        landed_at,
        batch_id
    from episodes

)

select * from final
