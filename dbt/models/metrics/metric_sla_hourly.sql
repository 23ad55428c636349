{{ config(
    materialized='kept_table',
    partial=true,
    unique_key=['feed_id', 'hour_at', 'promise'],
    indexes=[{'columns': ['hour_at']}, {'columns': ['state']}, {'columns': ['n_unpublished']}],
) }}

-- Between full builds only those hours are judged again that batches touched, that were pending, or that are new. Of
-- points, hours that metric_availability_hourly does not remember are settled: only a full build judges them again.
-- depends_on: {{ ref('int_sla__settled_hour') }}, {{ ref('dim_monitoring_point') }}, {{ ref('int_feed__record') }}
-- depends_on: {{ ref('stg_observation') }}
with

{{ placing_versions(false) }},

promises as (

    select * from {{ ref('dim_feed_version') }}
    where valid_from <= {{ as_of() }}

),

availability as (

    select * from {{ ref('metric_availability_hourly') }}

),

timeliness as (

    select * from {{ ref('metric_timeliness_hourly') }}
    where leg = 'issued_to_published'

),

exclusions as (

    {{ approved_exclusions() }}

),

candidates as (

    {% if is_partial() %}
        {{ touched_sla_hours() }}
    {% else %}
        select distinct
            promises.feed_id,
            hours.hour_at
        from promises
        cross join lateral generate_series(
            date_trunc('hour', promises.valid_from, '{{ var("zone") }}'),
            least({{ as_of() }}, promises.valid_to - interval '1 microsecond'),
            interval '1 hour'
        ) as hours (hour_at)
    {% endif %}

),

-- hours in which anything was promised, with the last promise of each
hours as (

    select distinct on (candidates.feed_id, candidates.hour_at)
        candidates.feed_id,
        candidates.hour_at,
        candidates.hour_at + interval '1 hour' as hour_end,
        promises.expected_kind as kind,
        promises.coverage_target,
        promises.transfer_times,
        max(promises.latency_s) over (partition by candidates.feed_id, candidates.hour_at) as latency_s,
        -- in an hour in which the kind changed slots of both kinds are owed
        bool_or(promises.expected_kind = 'polls') over (partition by candidates.feed_id, candidates.hour_at)
            as has_polls
    from candidates
    inner join promises
        on
            candidates.feed_id = promises.feed_id
            and candidates.hour_at + interval '1 hour' > promises.valid_from
            and candidates.hour_at < promises.valid_to
    order by candidates.feed_id, candidates.hour_at, promises.valid_from desc

),

feed_scope as (

    select
        feed_id,
        {{ local_second('min(hour_at)') }} as from_s,
        {{ local_second('max(hour_end)') }} as until_s
    from hours
    where has_polls
    group by feed_id

),

{{ no_point_scope('point_scope') }},

{{ poll_records() }},

{{ judged_windows(3600, false) }},

slots_of_hours as (

    select
        hours.feed_id,
        hours.hour_at,
        sum(availability.expected_slots) as expected_slots,
        sum(availability.received_slots) as received_slots,
        sum(availability.pending_slots) as pending_slots,
        sum(availability.excluded_slots) as excluded_slots,
        sum(availability.target_slots::numeric) as target_slots
    from hours
    inner join availability
        on
            hours.feed_id = availability.feed_id
            and hours.hour_at = availability.hour_at
    group by hours.feed_id, hours.hour_at

    union all

    select
        feed_id,
        {{ moment_of('window_number * 3600') }} as hour_at,
        expected_slots,
        received_slots,
        pending_slots,
        excluded_slots,
        target_slots
    from judged
    {% if not is_partial() %}

        union all

        select * from {{ ref('int_sla__settled_hour') }}
    {% endif %}

),

slot_sums as (

    select
        feed_id,
        hour_at,
        sum(expected_slots)::bigint as expected_slots,
        sum(received_slots)::bigint as received_slots,
        sum(pending_slots)::bigint as pending_slots,
        sum(excluded_slots)::bigint as excluded_slots,
        sum(target_slots) as target_slots
    from slots_of_hours
    group by feed_id, hour_at

),

figures as (

    select
        hours.*,
        coalesce(slot_sums.expected_slots, 0) as expected_slots,
        coalesce(slot_sums.received_slots, 0) as received_slots,
        coalesce(slot_sums.pending_slots, 0) as pending_slots,
        coalesce(slot_sums.excluded_slots, 0) as excluded_slots,
        coalesce(slot_sums.target_slots, 0) as target_slots,
        coalesce(timeliness.n_promised, 0) as n_promised,
        coalesce(timeliness.n_within_promise, 0) as n_within_promise,
        coalesce(timeliness.n_pending, 0) as n_unpublished,
        excluded.feed_id is not null as is_excluded,
        hours.hour_end > {{ as_of() }} as is_running,
        {{ first_transfer('hours.hour_end', 'hours.transfer_times') }} + make_interval(secs => hours.latency_s)
            as in_time_until
    from hours
    left join slot_sums
        on
            hours.feed_id = slot_sums.feed_id
            and hours.hour_at = slot_sums.hour_at
    left join timeliness
        on
            hours.feed_id = timeliness.feed_id
            and hours.hour_at = timeliness.hour_at
    left join lateral (
        select exclusions.feed_id from exclusions
        where
            hours.feed_id = exclusions.feed_id
            and exclusions.point_code is null
            and hours.hour_at >= exclusions.excluded_from
            and hours.hour_end <= exclusions.excluded_to
        limit 1
    ) as excluded on true

),

coverage as (

    select
        feed_id,
        hour_at,
        'coverage' as promise,
        coverage_target as target,
        expected_slots as n_owed,
        received_slots as n_kept,
        pending_slots as n_pending,
        0::bigint as n_unpublished,
        case
            when is_excluded or (excluded_slots > 0 and expected_slots + pending_slots = 0) then 'EXCLUDED'
            when is_running or pending_slots > 0 then 'PENDING'
            when expected_slots = 0 then 'NO_EVIDENCE'
            when received_slots >= target_slots then 'MET'
            else 'MISSED'
        end as state
    from figures

),

-- what is not published although its time is over is late
delays as (

    select
        feed_id,
        hour_at,
        'timeliness' as promise,
        {{ var('timeliness_target') }}::double precision as target,
        n_promised + case when in_time_until > {{ as_of() }} then 0 else n_unpublished end as n_owed,
        n_within_promise as n_kept,
        case when in_time_until > {{ as_of() }} then n_unpublished else 0 end as n_pending,
        n_unpublished,
        case
            when is_excluded then 'EXCLUDED'
            when in_time_until > {{ as_of() }} then 'PENDING'
            when n_promised + n_unpublished = 0 then 'NO_EVIDENCE'
            when n_within_promise >= {{ var('timeliness_target') }} * (n_promised + n_unpublished) then 'MET'
            else 'MISSED'
        end as state
    from figures

),

-- where a source that owes no records answers and has none, nothing is late
combined as (

    select
        figures.feed_id,
        figures.hour_at,
        'all' as promise,
        case
            when coverage.state = 'EXCLUDED' or delays.state = 'EXCLUDED' then 'EXCLUDED'
            when coverage.state = 'MISSED' or delays.state = 'MISSED' then 'MISSED'
            when coverage.state = 'PENDING' or delays.state = 'PENDING' then 'PENDING'
            when delays.state = 'MET' then 'MET'
            when coverage.state = 'MET' and figures.kind = 'polls' then 'MET'
            else 'NO_EVIDENCE'
        end as state
    from figures
    inner join coverage
        on
            figures.feed_id = coverage.feed_id
            and figures.hour_at = coverage.hour_at
    inner join delays
        on
            figures.feed_id = delays.feed_id
            and figures.hour_at = delays.hour_at

),

final as (

    select * from coverage

    union all

    select * from delays

    union all

    select
        feed_id,
        hour_at,
        promise,
        null::double precision as target,
        null::bigint as n_owed,
        null::bigint as n_kept,
        null::bigint as n_pending,
        0::bigint as n_unpublished,
        state
    from combined

)

select * from final
