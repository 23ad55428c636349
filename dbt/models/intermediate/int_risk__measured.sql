-- One row per condition on measured values and point: holds, clear or unknown, a pure function of what was observed.
-- Hysteresis: a condition that was met holds on for hold_minutes after the last sample that met it, even if the point
-- falls silent; where the rule has a release, also for as long as no sample has come back past that.
with

conditions as (

    select distinct
        rule_id,
        condition_no,
        kind,
        scope,
        variable,
        measure_key,
        comparison,
        threshold,
        threshold_column,
        release,
        window_minutes,
        hold_minutes
    from {{ ref('int_risk__condition') }}
    where is_measured

),

series as (

    select * from {{ ref('int_risk__series') }}

),

points as (

    select * from {{ ref('int_risk__threshold') }}

),

variables as (

    select * from {{ ref('int_point__variable') }}

),

asked as materialized (

    select
        conditions.*,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.register,
        points.geometry,
        coalesce(
            conditions.threshold, (points.thresholds ->> conditions.threshold_column)::double precision
        ) as limit_value
    from conditions
    inner join variables on conditions.variable = variables.variable
    inner join points
        on
            variables.feed_id = points.feed_id
            and variables.point_code = points.point_code

    union all

    select
        conditions.*,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.register,
        points.geometry,
        conditions.threshold as limit_value
    from conditions
    cross join points
    where conditions.variable is null

),

tried as (

    select
        asked.rule_id,
        asked.condition_no,
        asked.feed_id,
        asked.point_code,
        asked.kind,
        series.variable,
        series.event_at,
        series.value,
        series.raw_value,
        series.unit,
        series.fresh_for_s,
        case
            when asked.kind = 'status' then series.value::integer & asked.limit_value::integer <> 0
            when asked.comparison = '>' then series.value > asked.limit_value
            when asked.comparison = '>=' then series.value >= asked.limit_value
            when asked.comparison = '<' then series.value < asked.limit_value
            when asked.comparison = '<=' then series.value <= asked.limit_value
        end as is_met,
        case
            when asked.release is null then null
            when asked.comparison in ('>', '>=') then series.value < asked.release
            else series.value > asked.release
        end as is_released
    from asked
    inner join series
        on
            asked.measure_key = series.measure_key
            and asked.feed_id = series.feed_id
            and asked.point_code = series.point_code

),

runs as (

    select
        *,
        max(event_at) filter (where coalesce(is_released, not is_met)) over so_far as ended_at,
        max(event_at) filter (where is_met) over before as met_before_at
    from tried
    window
        so_far as (
            partition by rule_id, condition_no, feed_id, point_code, variable
            order by event_at
            rows unbounded preceding
        ),
        before as (
            partition by rule_id, condition_no, feed_id, point_code, variable
            order by event_at
            rows between unbounded preceding and 1 preceding
        )

),

latest as (

    select
        rule_id,
        condition_no,
        feed_id,
        point_code,
        variable,
        max(event_at) as last_at,
        min(event_at) as first_at,
        max(event_at) + make_interval(secs => max(fresh_for_s)) as fresh_until,
        max(event_at) filter (where is_met) as met_at,
        max(event_at) filter (where is_released) as released_at,
        max(event_at) filter (where is_met and (met_before_at is null or met_before_at < ended_at)) as since,
        (array_agg(value order by event_at desc))[1] as value,
        (array_agg(unit order by event_at desc))[1] as unit
    from runs
    group by rule_id, condition_no, feed_id, point_code, variable

),

states as (

    select
        asked.rule_id,
        asked.condition_no,
        asked.kind,
        asked.scope,
        asked.feed_id,
        asked.point_code,
        asked.point_name,
        asked.register,
        asked.geometry,
        asked.comparison,
        asked.limit_value as threshold,
        coalesce(latest.variable, asked.variable) as variable,
        latest.value,
        latest.unit,
        latest.last_at,
        latest.met_at,
        latest.since,
        latest.fresh_until,
        latest.met_at + make_interval(mins => asked.hold_minutes) as held_until,
        coalesce(latest.fresh_until > {{ as_of() }}, false) as is_fresh,
        coalesce(latest.met_at + make_interval(mins => asked.hold_minutes) > {{ as_of() }}, false) as is_held,
        coalesce(
            latest.met_at = latest.last_at
            or (asked.release is not null and (latest.released_at is null or latest.released_at < latest.met_at)),
            false
        ) as is_on,
        asked.kind in ('change', 'rise')
        and latest.last_at - latest.first_at < make_interval(mins => asked.window_minutes) / 2 as is_short
    from asked
    left join latest
        on
            asked.rule_id = latest.rule_id
            and asked.condition_no = latest.condition_no
            and asked.feed_id = latest.feed_id
            and asked.point_code = latest.point_code
    -- bits come with any value, so a point without any is no silent one
    where asked.variable is not null or latest.last_at is not null

),

judged as (

    select
        *,
        case
            when threshold is null then 'unknown'
            when is_held then 'holds'
            when not is_fresh then 'unknown'
            when is_on and met_at is not null then 'holds'
            when is_short then 'unknown'
            else 'clear'
        end as outcome
    from states

),

final as (

    select
        rule_id,
        condition_no,
        kind,
        scope,
        feed_id,
        point_code,
        point_name,
        register,
        geometry,
        outcome,
        case
            when outcome <> 'unknown' then null
            when threshold is null then 'no_threshold'
            when not is_fresh then 'stale'
            else 'short_history'
        end as reason,
        variable,
        comparison,
        value,
        unit,
        threshold,
        last_at as observed_at,
        case when outcome = 'holds' then met_at end as met_at,
        case when outcome = 'holds' then since end as since,
        case
            when outcome = 'holds' then greatest(held_until, case when is_on then fresh_until end)
            when outcome = 'clear' then fresh_until
        end as until_at,
        case
            when outcome = 'holds' then greatest(held_until, fresh_until)
            when outcome = 'clear' then fresh_until
        end as evidence_until
    from judged

)

select * from final
