-- Messages for what depends on the message alone, pairs of message and key enterprise for what the enterprise did; in
-- each county where the message covers an enterprise. Which versions speak: see docs/metrics.md.
with

messages as (

    select * from {{ ref('warning_lead') }}

),

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where not is_copy

),

states as (

    select * from {{ ref('int_warning__state') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- of several feeds that carry a message one may know of its end what the others missed
ends as (

    select
        states.warning_key,
        min(states.ended_at) filter (where states.state = 'cancelled') as cancelled_at,
        min(states.ended_at) filter (where states.state = 'superseded') as superseded_at,
        -- fetched of the time before any of its feeds was switched on
        bool_and(states.sent_at < feeds.activated_at) as is_backfill
    from states
    inner join feeds on states.feed_id = feeds.feed_id
    group by states.warning_key

),

counties as (

    select distinct
        warning_key,
        left(region_code, 6) as region_code
    from pairs

),

known as (

    select
        messages.*,
        ends.is_backfill,
        -- what was over before its onset came never held: the version that was in force at the onset speaks
        case
            when not messages.is_onset_stated then 'onset_not_stated'
            when ends.cancelled_at < messages.onset_at then 'cancelled'
            when ends.superseded_at < messages.onset_at then 'superseded'
            else 'speaks'
        end as standing
    from messages
    inner join ends on messages.warning_key = ends.warning_key

),

of_messages as (

    select
        known.sent_on,
        counties.region_code,
        known.event,
        known.colour,
        known.standing,
        measures.measure,
        measures.hours,
        measures.is_backfill,
        measures.goal_h
    from known
    left join counties on known.warning_key = counties.warning_key
    inner join lateral (
        values
        (
            'issued_to_onset',
            known.issued_lead_hours,
            false,
            case when known.is_lead_goal then {{ var('rainstorm_lead_goal_h') }} end
        ),
        ('chain_to_onset', known.chain_lead_hours, false, null),
        ('landed_to_onset', known.landed_lead_hours, known.is_backfill, null),
        ('dissemination', {{ signed_hours('known.sent_at', 'known.landed_at') }}, known.is_backfill, null)
    ) as measures (measure, hours, is_backfill, goal_h) on true

),

of_pairs as (

    select
        known.sent_on,
        left(pairs.region_code, 6) as region_code,
        known.event,
        pairs.colour,
        -- the block that covers the enterprise may state none where others do
        case when pairs.is_onset_stated then known.standing else 'onset_not_stated' end as standing,
        measures.measure,
        measures.hours,
        false as is_backfill,
        measures.goal_h
    from known
    inner join pairs on known.warning_key = pairs.warning_key
    inner join lateral (
        values
        ('delivered_to_onset', pairs.delivered_lead_hours, null),
        ('acted_to_onset', pairs.acted_lead_hours, null),
        (
            'stopped_to_onset',
            pairs.stopped_lead_hours,
            case when pairs.colour in ('red', 'orange') then {{ var('stop_work_lead_goal_h') }} end
        )
    ) as measures (measure, hours, goal_h) on true
    where pairs.is_key_enterprise

),

measured as (

    select
        *,
        case
            when is_backfill then 'backfill'
            -- dissemination is about no onset
            when standing = 'onset_not_stated' and measure <> 'dissemination' then standing
            when standing in ('cancelled', 'superseded') then standing
            when hours is null then 'not_done'
            else 'measured'
        end as counted_as,
        coalesce(region_code, 'unknown') as region_or_unknown
    from (
        select * from of_messages
        union all
        select * from of_pairs
    ) as both_kinds

),

counted as (

    select
        sent_on,
        region_or_unknown as region_code,
        event,
        colour,
        measure,
        count(*) as n_all,
        count(*) filter (where counted_as = 'superseded') as n_superseded,
        count(*) filter (where counted_as = 'cancelled') as n_cancelled,
        count(*) filter (where counted_as = 'onset_not_stated') as n_onset_not_stated,
        count(*) filter (where counted_as = 'backfill') as n_backfill,
        count(*) filter (where counted_as = 'not_done') as n_not_done,
        count(*) filter (where counted_as = 'measured') as n,
        count(*) filter (where counted_as = 'measured' and hours < 0) as n_negative,
        -- a warning that came after its onset is late; a message that we hold before it was sent is a wrong clock
        percentile_cont(array[0, 0.1, 0.5, 0.9, 1]) within group (
            order by case
                when counted_as = 'measured' and (measure <> 'dissemination' or hours >= 0) then hours
            end
        ) as percentiles,
        max(goal_h)::integer as goal_h,
        count(goal_h) filter (where counted_as not in ('superseded', 'cancelled')) as n_goal,
        count(*) filter (where counted_as = 'measured' and hours >= goal_h) as n_met
    from measured
    group by sent_on, region_or_unknown, event, colour, measure

),

final as (

    select
        sent_on,
        region_code,
        coalesce(event, 'unknown') as event,
        colour,
        measure,
        n_all,
        n_superseded,
        n_cancelled,
        n_onset_not_stated,
        n_backfill,
        n_not_done,
        n,
        n_negative,
        percentiles[1] as min_h,
        percentiles[2] as p10_h,
        percentiles[3] as p50_h,
        percentiles[4] as p90_h,
        percentiles[5] as max_h,
        goal_h,
        n_goal,
        n_met,
        {{ pct('n_met', 'n_goal') }} as met_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
