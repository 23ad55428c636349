-- One row per object, condition on alarms and alarm of a point or owner that watches it; one that says so where no
-- alarm stands, which is known only while the feeds of the object's points are polled. An alarm without an end counts
-- for as long as its source keeps telling it; one that somebody judged to be false does not count.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where kind = 'alarm'

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

points as (

    select * from {{ ref('int_risk__point') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

polled as (

    select * from {{ ref('int_risk__polled') }}

),

alarms as (

    select
        alarms.*,
        feeds.fresh_for_s,
        case
            when alarms.level in ('red', 'orange', 'yellow', 'blue') then alarms.level
            else 'ungraded'
        end as grade
    from {{ ref('stg_alarm') }} as alarms
    inner join feeds on alarms.feed_id = feeds.feed_id
    where
        alarms.started_at <= {{ as_of() }} + interval '10 minutes'
        and alarms.is_confirmed is distinct from false
        -- ended alarms may be held for a while: a day bounds the search
        and (alarms.ended_at is null or alarms.ended_at > {{ as_of() }} - interval '1 day')
        and (
            alarms.ended_at is not null
            or alarms.seen_at + make_interval(secs => feeds.fresh_for_s) > {{ as_of() }}
        )

),

watched as (

    select distinct
        points.object_id,
        points.object_type,
        alarms.feed_id,
        alarms.point_code,
        alarms.alarm_type,
        alarms.started_at
    from alarms
    inner join points
        on
            alarms.feed_id = points.feed_id
            and alarms.point_code = points.point_code

    union

    -- areas below ground are no points: what names the mine is the mine's
    select
        objects.object_id,
        objects.object_type,
        alarms.feed_id,
        alarms.point_code,
        alarms.alarm_type,
        alarms.started_at
    from alarms
    inner join objects on alarms.owner_code = objects.mine_code

),

hits as (

    select
        watched.object_id,
        watched.object_type,
        conditions.rule_id,
        conditions.condition_no,
        conditions.hold_minutes,
        alarms.*
    from watched
    inner join alarms
        on
            watched.feed_id = alarms.feed_id
            and watched.point_code = alarms.point_code
            and watched.alarm_type = alarms.alarm_type
            and watched.started_at = alarms.started_at
    inner join conditions
        on
            watched.object_type = conditions.object_type
            and (
                conditions.among is null or alarms.alarm_type = any(conditions.among)
                or alarms.grade = any(conditions.among)
            )
            and (conditions.variable is null or conditions.variable = alarms.variable)
    where
        alarms.ended_at is null
        or alarms.ended_at + make_interval(mins => conditions.hold_minutes) > {{ as_of() }}

),

silent as (

    select
        points.object_id,
        points.object_type,
        bool_and(polled.is_fresh) as is_fresh,
        min(polled.polled_at) as polled_at,
        min(polled.fresh_until) as fresh_until
    from points
    inner join polled on points.feed_id = polled.feed_id
    group by points.object_id, points.object_type

),

final as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        'alarm' as kind,
        'own' as scope,
        'holds' as outcome,
        nullif(grade, 'ungraded') as level,
        null::text as reason,
        coalesce(variable, alarm_type) as variable,
        null::text as comparison,
        value,
        unit,
        null::double precision as threshold,
        concat_ws(':', feed_id, point_code, alarm_type) as evidence,
        location as evidence_name,
        coalesce(value_at, started_at) as observed_at,
        coalesce(ended_at, value_at, started_at) as met_at,
        started_at as since,
        coalesce(
            ended_at + make_interval(mins => hold_minutes), seen_at + make_interval(secs => fresh_for_s)
        ) as until_at,
        coalesce(
            ended_at + make_interval(mins => hold_minutes), seen_at + make_interval(secs => fresh_for_s)
        ) as evidence_until
    from hits

    union all

    select
        silent.object_id,
        silent.object_type,
        conditions.rule_id,
        conditions.condition_no,
        'alarm' as kind,
        'own' as scope,
        case when silent.is_fresh then 'clear' else 'unknown' end as outcome,
        null as level,
        case when not silent.is_fresh then 'stale' end as reason,
        conditions.variable,
        null as comparison,
        null as value,
        null as unit,
        null as threshold,
        'no alarm' as evidence,
        null as evidence_name,
        silent.polled_at as observed_at,
        null as met_at,
        null as since,
        silent.fresh_until as until_at,
        silent.fresh_until as evidence_until
    from silent
    inner join conditions on silent.object_type = conditions.object_type
    where
        not exists (
            select 1 from hits
            where
                silent.object_id = hits.object_id
                and conditions.rule_id = hits.rule_id
                and conditions.condition_no = hits.condition_no
        )

)

select * from final
