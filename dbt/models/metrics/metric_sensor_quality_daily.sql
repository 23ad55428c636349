{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'point_code', 'variable', 'day'],
        indexes=[{'columns': ['day']}, {'columns': ['last_event_at']}],
    )
}}

-- A day is judged up to the last full hour, some minutes after it was over, so that the readings of the running day are
-- not looked at by every build. A build looks at the points and days that its batches touched, and at those of what was
-- not over the last time.
-- depends_on: {{ ref('stg_observation') }}
with

-- not materialized: read through its indexes, not as a whole
observations as not materialized (

    select
        feed_id,
        station_code as point_code,
        variable,
        event_at,
        {{ local_day('event_at') }} as day,
        value,
        status_flags,
        quality_flags,
        batch_id
    from {{ ref('stg_observation') }}
    where
        event_at < date_trunc(
            'hour', {{ as_of() }} - make_interval(mins => {{ var('sensor_judged_after_min') }}), 'UTC'
        )

),

rules as (

    select * from {{ ref('sensor_rule') }}

),

{% if is_partial() %}
touched as (

    select
        feed_id,
        point_code,
        variable,
        day
    from observations
    where batch_id in {{ batch_ids() }}

    union

    select
        feed_id,
        point_code,
        variable,
        day
    from observations
    where event_at > (select coalesce(max(last_event_at), '-infinity') from {{ this }})

),

{% endif %}
in_days as (

    select
        recent.*,
        recent.value is not null
        and recent.value <> 'NaN'
        and {{ is_evidence('recent.status_flags') }} as is_reading
    {% if is_partial() %}
        from touched
        -- offset 0: each day of each point is looked up, however many the planner thinks they are
        inner join lateral (
            select * from observations
            where
                touched.feed_id = observations.feed_id
                and touched.point_code = observations.point_code
                and touched.variable = observations.variable
                and observations.event_at >= touched.day::timestamp at time zone '{{ var("zone") }}'
                and observations.event_at < (touched.day + 1)::timestamp at time zone '{{ var("zone") }}'
            offset 0
        ) as recent on true
    {% else %}
        from observations as recent
    {% endif %}

),

-- one pass over the readings of each point and day
neighbours as (

    select
        in_days.feed_id,
        in_days.point_code,
        in_days.variable,
        in_days.day,
        in_days.event_at,
        in_days.value,
        in_days.is_reading,
        in_days.quality_flags,
        coalesce(in_days.value not between rules.low and rules.high, false)
        or {{ is_over_range('in_days.status_flags') }} as is_out_of_range,
        rules.variable is not null as is_judged,
        rules.stuck_min,
        rules.spike_factor,
        rules.spike_floor,
        in_days.value = 0 and rules.may_rest_at_zero as is_at_rest,
        lag(in_days.value) over by_point as before_1,
        lag(in_days.value, 2) over by_point as before_2,
        lag(in_days.value, 3) over by_point as before_3,
        lead(in_days.value) over by_point as after_1,
        lead(in_days.value, 2) over by_point as after_2,
        lead(in_days.value, 3) over by_point as after_3,
        -- readings farther apart than a sensor may stand still say nothing about the time between
        (
            in_days.value = lag(in_days.value) over by_point
            and in_days.event_at - lag(in_days.event_at) over by_point
            <= make_interval(mins => rules.stuck_min::integer)
        ) is not true as is_change
    from in_days
    left join rules on in_days.variable = rules.variable
    window
        by_point as (
            partition by in_days.feed_id, in_days.point_code, in_days.variable, in_days.day, in_days.is_reading
            order by in_days.event_at
        )

),

compared as (

    select
        *,
        abs(value - before_1) as step,
        value - {{ middle_of_three('before_1', 'before_2', 'before_3') }} as from_before,
        value - {{ middle_of_three('after_1', 'after_2', 'after_3') }} as from_after,
        max(event_at) filter (where is_change) over (
            partition by feed_id, point_code, variable, day, is_reading order by event_at
        ) as still_since
    from neighbours

),

departed as (

    select
        *,
        case when sign(from_before) = sign(from_after) then least(abs(from_before), abs(from_after)) end as departure,
        case when not is_at_rest then extract(epoch from event_at - still_since)::double precision / 60 end as still_min
    from compared

),

days as (

    select
        feed_id,
        point_code,
        variable,
        day,
        bool_or(is_judged) as is_judged,
        min(stuck_min) as stuck_min,
        min(spike_factor) as spike_factor,
        count(*)::integer as n_records,
        (count(*) filter (where is_reading))::integer as n_readings,
        (count(*) filter (where quality_flags <> '{}'))::integer as n_doubtful,
        (count(*) filter (where is_reading and is_out_of_range))::integer as n_out_of_range,
        max(still_min) filter (where is_reading) as still_min,
        percentile_cont(0.5) within group (order by case when is_reading then step end) as usual_step,
        array_agg(departure) filter (where is_reading and departure > spike_floor) as departures,
        max(event_at) as last_event_at
    from departed
    group by feed_id, point_code, variable, day

),

judged as (

    select
        days.*,
        spikes.n as n_spikes,
        coalesce(days.still_min > days.stuck_min, false) as is_stuck
    from days
    cross join lateral (
        select count(*)::integer as n
        from unnest(days.departures) as jump (departure)
        where jump.departure > days.spike_factor * days.usual_step
    ) as spikes

),

final as (

    select
        feed_id,
        point_code,
        variable,
        day,
        n_records,
        n_readings,
        n_doubtful,
        is_judged,
        n_out_of_range,
        case when spike_factor is not null and n_readings > 0 then n_spikes end as n_spikes,
        case when stuck_min is not null and n_readings > 0 then coalesce(still_min, 0) end as longest_stuck_min,
        is_stuck,
        n_out_of_range > 0 or n_spikes > 0 or is_stuck as is_suspect,
        last_event_at
    from judged

)

select * from final
