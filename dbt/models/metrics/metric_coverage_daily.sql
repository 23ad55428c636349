{{ config(materialized='kept_table', partial=true, unique_key=['feed_id', 'day']) }}

-- Between full builds only the days are counted again whose figures can have changed: from the earliest day that a new
-- batch touched, or that still had pending slots, until today. A register entry touches all days: who owes is another
-- question than what came, and may be answered late.
-- depends_on: {{ ref('dim_monitoring_point') }}
with

feeds as (

    select * from {{ ref('dim_feed') }}

),

obligations as (

    select * from {{ ref('int_coverage__obligation') }}

),

-- not materialized: read through its indexes, not as a whole
observations as not materialized (

    select * from {{ ref('stg_observation') }}

),

polls as not materialized (

    select * from {{ ref('stg_poll') }}

),

horizon as (

    {% if is_partial() %}
        select
            least(
                {{ local_day(as_of()) }},
                (select min(day) from {{ this }} where pending_slots > 0),
                (select max(day) from {{ this }}),
                (select min({{ local_day('event_at') }}) from observations where batch_id in {{ batch_ids() }}),
                (select min({{ local_day('polled_at') }}) from polls where batch_id in {{ batch_ids() }}),
                (
                    select min({{ local_day('feeds.active_from') }})
                    from {{ ref('dim_monitoring_point') }} as points
                    inner join feeds
                        on
                            points.feed_id = feeds.feed_id
                            and points.register = feeds.expected_register
                    where points.batch_id in {{ batch_ids() }}
                )
            ) as first_day
    {% else %}
        select '-infinity'::date as first_day
    {% endif %}

),

owed as (

    select obligations.* from obligations
    cross join horizon
    where obligations.day >= horizon.first_day

),

signs as (

    select
        observations.feed_id,
        observations.station_code as entity_code,
        observations.event_at as seen_at
    from observations
    where
        observations.event_at >= (select first_day from horizon)::timestamp at time zone '{{ var("zone") }}'

    union all

    select
        feed_id,
        feed_id as entity_code,
        polled_at as seen_at
    from polls
    where polled_at >= (select first_day from horizon)::timestamp at time zone '{{ var("zone") }}'

),

seen as (

    -- distinct: however often a slot is reported, it is one slot
    select distinct
        signs.feed_id,
        signs.entity_code,
        floor({{ local_seconds('signs.seen_at') }} / feeds.slot_s)::bigint as slot
    from signs
    inner join feeds on signs.feed_id = feeds.feed_id

),

received as (

    select
        owed.feed_id,
        owed.day,
        count(*) as received_slots
    from owed
    inner join seen
        on
            owed.feed_id = seen.feed_id
            and owed.entity_code = seen.entity_code
            and seen.slot >= owed.first_slot
            and seen.slot < owed.judged_before
    group by owed.feed_id, owed.day

),

expected as (

    select
        feed_id,
        day,
        count(*) as n_entities,
        sum(greatest(judged_before - first_slot, 0))::bigint as expected_slots,
        sum(greatest(begun_before - greatest(first_slot, judged_before), 0))::bigint as pending_slots
    from owed
    group by feed_id, day

),

grid as (

    select
        feeds.feed_id,
        feeds.expected_kind,
        feeds.coverage_target,
        day.day::date as day
    from feeds
    cross join horizon
    inner join lateral generate_series(
        greatest({{ local_day('feeds.active_from') }}, horizon.first_day)::timestamp,
        {{ local_day('least(' ~ as_of() ~ ', feeds.active_until)') }}::timestamp,
        interval '1 day'
    ) as day (day) on true

),

counted as (

    select
        grid.feed_id,
        grid.day,
        grid.expected_kind as kind,
        grid.coverage_target as target,
        coalesce(expected.n_entities, 0) as n_entities,
        coalesce(expected.expected_slots, 0) as expected_slots,
        coalesce(received.received_slots, 0) as received_slots,
        coalesce(expected.pending_slots, 0) as pending_slots
    from grid
    left join expected
        on
            grid.feed_id = expected.feed_id
            and grid.day = expected.day
    left join received
        on
            grid.feed_id = received.feed_id
            and grid.day = received.day

),

final as (

    select
        feed_id,
        day,
        kind,
        n_entities,
        expected_slots,
        received_slots,
        pending_slots,
        received_slots::double precision / nullif(expected_slots, 0) as coverage,
        target,
        case
            when expected_slots > 0 and received_slots >= target * expected_slots then 'MET'
            when expected_slots > 0 then 'MISSED'
            when pending_slots > 0 then 'PENDING'
            else 'NO_EVIDENCE'
        end as state,
        now() as computed_at
    from counted

)

select * from final
