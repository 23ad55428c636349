-- One row per point, measure of the rules and sample of the time that the rules look back on: the value that a
-- condition is held against. latest: the value itself; sum: the amount of the window that ends with the sample
-- (event_at ends an interval; what overlaps is not added up); change: largest minus smallest value of the window so
-- far; rise: largest climb in the window so far; status: the status bits.
-- Samples that their source marks as taken under calibration (4), substation fault (16), not polled (32), paused (64)
-- or sensor fault (128) are no evidence. Over range (8) stays: it is evidence of something.
with

measures as (

    select
        measure_key,
        kind,
        variable,
        window_minutes,
        make_interval(mins => window_minutes) as window_length,
        make_interval(
            mins => max(hold_minutes)
            + case when kind in ('sum', 'change', 'rise') then window_minutes else 0 end
            + case when count(release) > 0 then {{ var('release_look_back_minutes') }} else 0 end
        ) as look_back
    from {{ ref('int_risk__condition') }}
    where is_measured
    group by measure_key, kind, variable, window_minutes

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

observations as (

    select * from {{ ref('stg_observation') }}

),

bounds as (

    select {{ as_of() }} - max(measures.look_back) - make_interval(secs => max(feeds.fresh_for_s)) as earliest
    from measures
    cross join feeds
    where feeds.main_table = 'observation'

),

candidates as (

    select
        observations.feed_id,
        observations.station_code as point_code,
        observations.variable,
        observations.event_at,
        observations.value,
        observations.unit,
        observations.status_flags,
        observations.interval_h,
        feeds.fresh_for_s
    from observations
    inner join feeds on observations.feed_id = feeds.feed_id
    where
        -- the first bound lets an index on event_at be used, that of each measure follows
        observations.event_at > (select bounds.earliest from bounds)
        and observations.event_at <= {{ as_of() }} + interval '10 minutes'
        and (observations.value is not null or observations.value_text is not null)
        and {{ is_evidence('observations.status_flags') }}

),

samples as (

    select
        candidates.*,
        measures.measure_key,
        measures.kind,
        measures.window_length
    from measures
    inner join candidates on measures.variable = candidates.variable
    where
        candidates.value is not null
        and candidates.event_at > {{ as_of() }} - measures.look_back - make_interval(secs => candidates.fresh_for_s)

    union all

    select
        candidates.*,
        measures.measure_key,
        measures.kind,
        measures.window_length
    from measures
    cross join candidates
    where
        measures.variable is null
        and candidates.event_at > {{ as_of() }} - measures.look_back - make_interval(secs => candidates.fresh_for_s)

),

amounts as (

    select
        *,
        {{ is_overlapping('measure_key, feed_id, point_code') }} as is_overlapping
    from samples
    where
        kind = 'sum'
        -- what fell in a day says nothing about the last hour
        and (interval_h is null or make_interval(secs => 3600 * interval_h * 0.99) <= window_length)

),

-- each sample has the sum of its lane
lanes as (

    select
        *,
        {{ amount_lane('measure_key, feed_id, point_code') }} as lane
    from amounts

),

-- an amount enters the sum when it is told and leaves it a window later
entries as (

    select
        *,
        event_at as entered_at,
        value::numeric as amount,
        true as is_sample
    from lanes

    union all

    select
        *,
        event_at + window_length as entered_at,
        -value::numeric as amount,
        false as is_sample
    from lanes

),

sums as (

    select
        *,
        sum(amount) over (
            partition by measure_key, feed_id, point_code, lane
            order by entered_at, is_sample
            rows unbounded preceding
        )::double precision as summed
    from entries

),

-- of the window that ends now
moves as (

    select
        *,
        min(value) over so_far as lowest,
        max(value) over so_far as highest
    from samples
    where
        kind in ('change', 'rise')
        and event_at > {{ as_of() }} - window_length
    window so_far as (partition by measure_key, feed_id, point_code order by event_at rows unbounded preceding)

),

final as (

    select
        measure_key,
        feed_id,
        point_code,
        variable,
        event_at,
        case when kind = 'status' then status_flags else value end as value,
        value as raw_value,
        unit,
        fresh_for_s
    from samples
    where kind in ('latest', 'status')

    union all

    select
        measure_key,
        feed_id,
        point_code,
        variable,
        event_at,
        summed as value,
        value as raw_value,
        unit,
        fresh_for_s
    from sums
    where
        is_sample
        -- what is older was needed for the sums only
        and event_at > {{ as_of() }} - (
            select measures.look_back - measures.window_length
            from measures
            where sums.measure_key = measures.measure_key
        ) - make_interval(secs => fresh_for_s)

    union all

    select
        measure_key,
        feed_id,
        point_code,
        variable,
        event_at,
        case
            when kind = 'change' then highest - lowest
            else max(value - lowest) over (
                partition by measure_key, feed_id, point_code
                order by event_at
                rows unbounded preceding
            )
        end as value,
        value as raw_value,
        unit,
        fresh_for_s
    from moves

)

select * from final
