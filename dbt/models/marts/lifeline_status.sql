-- One row per lifeline, feed, operator, segment and category of point.
with

points as (

    select * from {{ ref('lifeline_point') }}

),

hours as (

    select * from {{ ref('fct_observation_hourly') }}
    where
        hour_at > {{ as_of() }} - interval '25 hours'
        and hour_at <= {{ as_of() }}

),

ranges as (

    select
        points.feed_id,
        points.lifeline,
        points.operator,
        points.segment_code,
        points.category,
        hours.variable,
        min(hours.min_value) as min_value,
        max(hours.max_value) as max_value
    from points
    inner join hours
        on
            points.feed_id = hours.feed_id
            and points.point_code = hours.point_code
    where hours.n_readings > 0
    group by
        points.feed_id, points.lifeline, points.operator, points.segment_code, points.category, hours.variable

),

ranged as (

    select
        feed_id,
        lifeline,
        operator,
        segment_code,
        category,
        jsonb_object_agg(
            variable, jsonb_build_object('min', min_value, 'max', max_value)
        ) as ranges_24h
    from ranges
    group by feed_id, lifeline, operator, segment_code, category

),

counted as (

    select
        feed_id,
        lifeline,
        operator,
        segment_code,
        max(segment_name) as segment_name,
        category,
        count(*)::integer as n_points,
        count(*) filter (where state = 'REPORTING')::integer as n_reporting,
        count(*) filter (where state = 'SILENT')::integer as n_silent,
        count(*) filter (where state = 'NO_EVIDENCE')::integer as n_without_evidence,
        count(*) filter (where n_alarms_open > 0)::integer as n_in_alarm,
        coalesce(sum(n_alarms_24h), 0)::integer as n_alarms_24h,
        coalesce(sum(n_alarms_not_acknowledged), 0)::integer as n_alarms_not_acknowledged,
        {{ highest_level('highest_alarm_level') }} as highest_alarm_level,
        max(last_event_at) as last_event_at
    from points
    group by feed_id, lifeline, operator, segment_code, category

),

final as (

    select
        counted.lifeline,
        counted.feed_id,
        counted.operator,
        counted.segment_code,
        counted.category,
        counted.segment_name,
        case
            -- an alarm that nobody ended stands, also while its point is silent
            when counted.n_in_alarm > 0 then 'ALARM'
            when counted.n_reporting = counted.n_points then 'NORMAL'
            when counted.n_reporting > 0 then 'PARTLY_SILENT'
            when counted.n_silent > 0 then 'SILENT'
            else 'NO_EVIDENCE'
        end as state,
        counted.n_points,
        counted.n_reporting,
        100::double precision * counted.n_reporting / counted.n_points as reporting_pct,
        counted.n_silent,
        counted.n_without_evidence,
        counted.n_in_alarm,
        counted.n_alarms_24h,
        counted.n_alarms_not_acknowledged,
        counted.highest_alarm_level,
        ranged.ranges_24h,
        counted.last_event_at,
        {{ as_of() }} as as_of
    from counted
    left join ranged
        on
            counted.feed_id = ranged.feed_id
            and counted.lifeline = ranged.lifeline
            and counted.operator is not distinct from ranged.operator
            and counted.segment_code is not distinct from ranged.segment_code
            and counted.category = ranged.category

)

select * from final
