{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'point_code', 'variable', 'day'],
        indexes=[{'columns': ['day']}, {'columns': ['last_event_at']}],
    )
}}

-- A day is judged up to the last full hour, so that the readings of the running day are not looked at by every build.
-- A build looks at the points and days that its batches touched, and at those of what was not over the last time.
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
    where event_at < date_trunc('hour', {{ as_of() }}, 'UTC')

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
        observations.*,
        observations.value is not null
        and observations.value <> 'NaN'
        and {{ is_evidence('observations.status_flags') }} as is_reading
    from observations
    {% if is_partial() %}
        inner join touched
            on
                observations.feed_id = touched.feed_id
                and observations.point_code = touched.point_code
                and observations.variable = touched.variable
                and observations.event_at >= touched.day::timestamp at time zone '{{ var("zone") }}'
                and observations.event_at < (touched.day + 1)::timestamp at time zone '{{ var("zone") }}'
    {% endif %}

),

records as (

    select
        feed_id,
        point_code,
        variable,
        day,
        count(*) as n_records,
        count(*) filter (where quality_flags <> '{}') as n_doubtful,
        max(event_at) as last_event_at
    from in_days
    group by feed_id, point_code, variable, day

),

neighbours as (

    select
        in_days.feed_id,
        in_days.point_code,
        in_days.variable,
        in_days.day,
        in_days.event_at,
        in_days.value,
        coalesce(in_days.value not between rules.low and rules.high, false)
        or coalesce(in_days.status_flags, 0) & 8 <> 0 as is_out_of_range,
        rules.stuck_min,
        rules.may_rest_at_zero,
        rules.spike_factor,
        rules.spike_floor,
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
    where in_days.is_reading
    window
        by_point as (
            partition by in_days.feed_id, in_days.point_code, in_days.variable, in_days.day
            order by in_days.event_at
        )

),

compared as (

    select
        *,
        abs(value - before_1) as step,
        value - {{ middle_of_three('before_1', 'before_2', 'before_3') }} as from_before,
        value - {{ middle_of_three('after_1', 'after_2', 'after_3') }} as from_after,
        count(*) filter (where is_change) over (
            partition by feed_id, point_code, variable, day order by event_at
        ) as run_no
    from neighbours

),

usual as (

    select
        feed_id,
        point_code,
        variable,
        day,
        percentile_cont(0.5) within group (order by step) as usual_step
    from compared
    group by feed_id, point_code, variable, day

),

runs as (

    select
        compared.feed_id,
        compared.point_code,
        compared.variable,
        compared.day,
        compared.run_no,
        count(*) as n_readings,
        count(*) filter (where compared.is_out_of_range) as n_out_of_range,
        count(*) filter (
            where
            sign(compared.from_before) = sign(compared.from_after)
            and least(abs(compared.from_before), abs(compared.from_after))
            > greatest(compared.spike_factor * usual.usual_step, compared.spike_floor)
        ) as n_spikes,
        case
            when not (min(compared.value) = 0 and bool_or(compared.may_rest_at_zero))
                then extract(epoch from max(compared.event_at) - min(compared.event_at))::double precision / 60
        end as still_min,
        min(compared.stuck_min) as stuck_min,
        min(compared.spike_factor) as spike_factor
    from compared
    inner join usual
        on
            compared.feed_id = usual.feed_id
            and compared.point_code = usual.point_code
            and compared.variable = usual.variable
            and compared.day = usual.day
    group by compared.feed_id, compared.point_code, compared.variable, compared.day, compared.run_no

),

judged as (

    select
        feed_id,
        point_code,
        variable,
        day,
        sum(n_readings)::integer as n_readings,
        sum(n_out_of_range)::integer as n_out_of_range,
        case when min(spike_factor) is not null then sum(n_spikes)::integer end as n_spikes,
        case when min(stuck_min) is not null then coalesce(max(still_min), 0) end as longest_stuck_min,
        max(still_min) > min(stuck_min) as is_stuck
    from runs
    group by feed_id, point_code, variable, day

),

final as (

    select
        records.feed_id,
        records.point_code,
        records.variable,
        records.day,
        records.n_records::integer as n_records,
        coalesce(judged.n_readings, 0) as n_readings,
        records.n_doubtful::integer as n_doubtful,
        rules.variable is not null as is_judged,
        coalesce(judged.n_out_of_range, 0) as n_out_of_range,
        judged.n_spikes,
        judged.longest_stuck_min,
        coalesce(judged.is_stuck, false) as is_stuck,
        coalesce(judged.n_out_of_range, 0) > 0
        or coalesce(judged.n_spikes, 0) > 0
        or coalesce(judged.is_stuck, false) as is_suspect,
        records.last_event_at
    from records
    left join rules on records.variable = rules.variable
    left join judged
        on
            records.feed_id = judged.feed_id
            and records.point_code = judged.point_code
            and records.variable = judged.variable
            and records.day = judged.day

)

select * from final
