-- One row per point and type of alarm that stands, that is, has not ended and was not judged false.
with

alarms as (

    select * from {{ ref('fct_alarm') }}
    where
        started_at <= {{ as_of() }}
        and coalesce(ended_at > {{ as_of() }}, true)
        and coalesce(is_confirmed, true)

),

final as (

    select distinct on (feed_id, point_code, alarm_type)
        feed_id,
        point_code,
        alarm_type,
        started_at,
        owner_code,
        credit_code,
        level,
        variable,
        peak_value,
        acknowledged_at
    from alarms
    order by feed_id, point_code, alarm_type, started_at desc

)

select * from final
