-- One row per point and type of alarm that stands, that is, has not ended and was not judged false.
with

alarms as (

    select * from {{ ref('fct_alarm') }}
    where
        started_at <= {{ as_of() }}
        and coalesce(ended_at > {{ as_of() }}, true)
        and coalesce(is_confirmed, true)

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

final as (

    select distinct on (alarms.feed_id, alarms.point_code, alarms.alarm_type)
        alarms.feed_id,
        alarms.point_code,
        alarms.alarm_type,
        alarms.started_at,
        alarms.owner_code,
        alarms.credit_code,
        alarms.level,
        alarms.variable,
        alarms.peak_value,
        alarms.acknowledged_at
    from alarms
    inner join feeds on alarms.feed_id = feeds.feed_id
    -- who is over quota is told anew in every snapshot, and no snapshot tells an end
    where
        alarms.alarm_type <> 'over_quota'
        or alarms.started_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
    order by alarms.feed_id, alarms.point_code, alarms.alarm_type, alarms.started_at desc

)

select * from final
