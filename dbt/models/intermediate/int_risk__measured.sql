-- One row per test of measured values and point: holds, clear or unknown, a pure function of what was observed.
-- Hysteresis: a test that was met holds on for hold_minutes after the last sample that met it, even if the point falls
-- silent; where it has a release, also for as long as no sample has come back past that.
with

tests as (

    select distinct
        test_key,
        kind,
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

series as materialized (

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
        tests.*,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.register,
        points.geometry,
        coalesce(
            tests.threshold, (points.thresholds ->> tests.threshold_column)::double precision
        ) as limit_value
    from tests
    inner join variables on tests.variable = variables.variable
    inner join points
        on
            variables.feed_id = points.feed_id
            and variables.point_code = points.point_code

    union all

    select
        tests.*,
        points.feed_id,
        points.point_code,
        points.point_name,
        points.register,
        points.geometry,
        tests.threshold as limit_value
    from tests
    cross join points
    where tests.variable is null

),

-- of each point, whatever is asked of it
newest as (

    select
        measure_key,
        feed_id,
        point_code,
        variable,
        max(event_at) as last_at,
        min(event_at) as first_at,
        max(event_at) + make_interval(secs => max(fresh_for_s)) as fresh_until,
        (array_agg(value order by event_at desc))[1] as value,
        (array_agg(unit order by event_at desc))[1] as unit
    from series
    group by measure_key, feed_id, point_code, variable

),

-- most samples meet nothing: what follows is about the few that do
meeting as materialized (

    select
        asked.test_key,
        asked.measure_key,
        asked.feed_id,
        asked.point_code,
        asked.comparison,
        asked.release,
        asked.limit_value,
        series.variable,
        series.event_at
    from asked
    inner join series
        on
            asked.measure_key = series.measure_key
            and asked.feed_id = series.feed_id
            and asked.point_code = series.point_code
    where {{ is_met('asked.kind', 'series.value', 'asked.comparison', 'asked.limit_value') }}

),

met as (

    select
        test_key,
        measure_key,
        feed_id,
        point_code,
        variable,
        max(comparison) as comparison,
        max(release) as release,
        max(limit_value) as limit_value,
        max(event_at) as met_at
    from meeting
    group by test_key, measure_key, feed_id, point_code, variable

),

-- a run ends with a sample past the release, or without one with a sample that doesn't meet the test
ends as (

    select
        met.test_key,
        met.feed_id,
        met.point_code,
        met.variable,
        max(series.event_at) as released_at,
        max(series.event_at) filter (where series.event_at < met.met_at) as ended_at
    from met
    inner join series
        on
            met.measure_key = series.measure_key
            and met.feed_id = series.feed_id
            and met.point_code = series.point_code
            and met.variable = series.variable
    where
        case
            when met.comparison is null then series.value::integer & met.limit_value::integer = 0
            when met.release is null
                then not {{ is_met("'latest'", 'series.value', 'met.comparison', 'met.limit_value') }}
            when met.comparison in ('>', '>=') then series.value < met.release
            else series.value > met.release
        end
    group by met.test_key, met.feed_id, met.point_code, met.variable

),

runs as (

    select
        meeting.test_key,
        meeting.feed_id,
        meeting.point_code,
        meeting.variable,
        max(meeting.event_at) as met_at,
        max(ends.released_at) as released_at,
        min(meeting.event_at) filter (where ends.ended_at is null or meeting.event_at > ends.ended_at) as since
    from meeting
    left join ends
        on
            meeting.test_key = ends.test_key
            and meeting.feed_id = ends.feed_id
            and meeting.point_code = ends.point_code
            and meeting.variable = ends.variable
    group by meeting.test_key, meeting.feed_id, meeting.point_code, meeting.variable

),

states as (

    select
        asked.test_key,
        asked.kind,
        asked.feed_id,
        asked.point_code,
        asked.point_name,
        asked.register,
        asked.geometry,
        asked.comparison,
        asked.limit_value as threshold,
        coalesce(newest.variable, asked.variable) as variable,
        newest.value,
        newest.unit,
        newest.last_at,
        runs.met_at,
        runs.since,
        newest.fresh_until,
        runs.met_at + make_interval(mins => asked.hold_minutes) as held_until,
        coalesce(newest.fresh_until > {{ as_of() }}, false) as is_fresh,
        coalesce(runs.met_at + make_interval(mins => asked.hold_minutes) > {{ as_of() }}, false) as is_held,
        coalesce(
            runs.met_at = newest.last_at
            or (asked.release is not null and (runs.released_at is null or runs.released_at < runs.met_at)),
            false
        ) as is_on,
        asked.kind in ('change', 'rise')
        and newest.last_at - newest.first_at < make_interval(mins => asked.window_minutes) / 2 as is_short
    from asked
    left join newest
        on
            asked.measure_key = newest.measure_key
            and asked.feed_id = newest.feed_id
            and asked.point_code = newest.point_code
    left join runs
        on
            asked.test_key = runs.test_key
            and newest.feed_id = runs.feed_id
            and newest.point_code = runs.point_code
            and newest.variable = runs.variable
    -- bits come with any value, so a point without any is no silent one
    where asked.variable is not null or newest.last_at is not null

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
        test_key,
        kind,
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
