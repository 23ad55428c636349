{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'is_point', 'entity_code', 'begins_from'],
        contract={'enforced': true},
    )
}}

-- One row per feed, entity and stretch of time in which its slots are owed alike: those that begin in [begins_from,
-- begins_before) and are over by `over_by`. A stretch ends where the contract promises something else, where the point
-- comes or goes, and where an exclusion begins or ends. Entities are the points of registers, and feeds that are judged
-- by their polls. A point that the contract names no interval for has no slot_s.
with

promises as (

    select
        *,
        coalesce(lag(valid_to) over (partition by feed_id order by valid_from) <> valid_from, true) as is_switched_on
    from {{ ref('dim_feed_version') }}

),

runs as (

    select
        *,
        count(*) filter (where is_switched_on) over (partition by feed_id order by valid_from) as run
    from promises

),

versions as (

    select
        *,
        {{ transfer_seconds('transfer_times') }} as transfer_s,
        max(valid_to) over (partition by feed_id, run) as owed_until
    from runs

),

-- a camera reports no observations: its feed is a list
in_use as (

    select
        feed_id,
        point_code,
        register,
        valid_from,
        valid_to,
        coalesce(lag(valid_to) over by_point <> valid_from, true) as is_new
    from {{ ref('dim_monitoring_point') }}
    where
        is_in_use
        and register <> 'camera'
    window by_point as (partition by feed_id, point_code order by valid_from)

),

in_use_again as (

    select
        *,
        count(*) filter (where is_new) over (partition by feed_id, point_code order by valid_from) as term
    from in_use

),

terms as (

    select
        feed_id,
        point_code,
        max(register) as register,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from in_use_again
    group by feed_id, point_code, term

),

exclusions as (

    {{ approved_exclusions() }}

),

owed as (

    select
        versions.feed_id,
        terms.point_code as entity_code,
        true as is_point,
        greatest(versions.valid_from, terms.valid_from) as begins_from,
        least(versions.valid_to, terms.valid_to) as begins_before,
        least(versions.owed_until, terms.valid_to) as over_by,
        versions.expected_kind = 'entity_slots' and versions.expected_register = terms.register as is_scheduled,
        versions.slot_s,
        versions.transfer_s,
        versions.latency_s,
        versions.latency_s as grace_s,
        versions.coverage_target,
        versions.activated_at as live_from
    from versions
    inner join terms
        on
            versions.feed_id = terms.feed_id
            and versions.valid_from < terms.valid_to
            and versions.valid_to > terms.valid_from

    union all

    select
        feed_id,
        feed_id as entity_code,
        false as is_point,
        valid_from as begins_from,
        valid_to as begins_before,
        owed_until as over_by,
        true as is_scheduled,
        slot_s,
        transfer_s,
        latency_s,
        0 as grace_s,
        coverage_target,
        activated_at as live_from
    from versions
    where expected_kind = 'polls'

),

cut as (

    select
        owed.*,
        cuts.cut_at,
        lead(cuts.cut_at, 1, owed.begins_before) over (
            partition by owed.feed_id, owed.is_point, owed.entity_code, owed.begins_from order by cuts.cut_at
        ) as cut_before
    from owed
    cross join lateral (
        select owed.begins_from as cut_at
        union
        select edges.cut_at
        from exclusions
        cross join lateral (values (exclusions.excluded_from), (exclusions.excluded_to)) as edges (cut_at)
        where
            owed.feed_id = exclusions.feed_id
            and (exclusions.point_code is null or owed.entity_code = exclusions.point_code)
            and edges.cut_at > owed.begins_from
            and edges.cut_at < owed.begins_before
    ) as cuts

),

final as (

    select
        cut.feed_id,
        cut.entity_code,
        cut.is_point,
        cut.cut_at as begins_from,
        cut.cut_before as begins_before,
        cut.over_by,
        case when cut.is_scheduled then cut.slot_s end as slot_s,
        case when cut.is_scheduled then cut.transfer_s end as transfer_s,
        cut.latency_s,
        cut.grace_s,
        (
            select count(*) > 0 from exclusions
            where
                cut.feed_id = exclusions.feed_id
                and (exclusions.point_code is null or cut.entity_code = exclusions.point_code)
                and cut.cut_at >= exclusions.excluded_from
                and cut.cut_at < exclusions.excluded_to
        ) as is_excluded,
        cut.coverage_target,
        cut.live_from
    from cut

)

select * from final
