{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'day', 'what', 'table_name', 'rule', 'first_on'],
    )
}}

-- What the ledger says of a day does not change when the day is over, nor what was first quarantined on it or released.
-- Between full builds only the last days are counted again; a batch that was being committed at midnight has an hour.
with

feeds as (

    select * from {{ ref('dim_feed') }}

),

all_batches as not materialized (

    select * from {{ source('ops', 'batch') }}

),

payloads as (

    select * from {{ source('ops', 'batch_payload') }}

),

all_failures as (

    select * from {{ source('quarantine', 'record') }}

),

horizon as (

    {% if is_partial() %}
        select
            least(
                {{ local_day("(" ~ as_of() ~ " - interval '1 hour')") }},
                (select max(day) from {{ this }}),
                (select min({{ local_day('committed_at') }}) from all_batches where batch_id in {{ batch_ids() }})
            ) as first_day
    {% else %}
        select '-infinity'::date as first_day
    {% endif %}

),

-- of each feed by itself, through the index; polls without news say nothing about quality
batches as (

    select
        recent.*,
        {{ local_day('recent.committed_at') }} as day
    from feeds
    cross join horizon
    inner join lateral (
        select * from all_batches
        where
            feeds.feed_id = all_batches.feed_id
            and all_batches.committed_at >= horizon.first_day::timestamp at time zone '{{ var("zone") }}'
            and (all_batches.state <> 'NOT_MODIFIED' or all_batches.quarantined > 0)
    ) as recent on true

),

days as (

    select
        feed_id,
        day,
        count(*) as n_batches,
        count(*) filter (where state = 'HELD') as n_held,
        count(*) filter (where state = 'FAILED') as n_failed,
        sum(records)::bigint as n_accepted,
        sum(inserted)::bigint as n_new,
        sum(updated)::bigint as n_revised,
        sum(unchanged)::bigint as n_repeated,
        sum(quarantined)::bigint as n_refused
    from batches
    group by feed_id, day

),

of_records as (

    select
        days.feed_id,
        days.day,
        whats.what,
        whats.unit,
        'all' as table_name,
        'all' as rule,
        days.day as first_on,
        whats.n,
        null::text as reason
    from days
    inner join lateral (
        values
        ('accepted', 'records', days.n_accepted),
        ('refused', 'failures', days.n_refused),
        ('new', 'records', nullif(days.n_new, 0)),
        ('revised', 'records', nullif(days.n_revised, 0)),
        ('repeated', 'records', nullif(days.n_repeated, 0))
    ) as whats (what, unit, n) on whats.n is not null

),

of_batches as (

    select
        days.feed_id,
        days.day,
        whats.what,
        'batches' as unit,
        'all' as table_name,
        'all' as rule,
        days.day as first_on,
        whats.n,
        null::text as reason
    from days
    inner join lateral (
        values
        ('held_batch', days.n_held),
        ('failed_batch', days.n_failed)
    ) as whats (what, n) on whats.n > 0

),

of_payloads as (

    select
        batches.feed_id,
        batches.day,
        case payloads.outcome when 'REJECTED' then 'rejected_payload' else 'partial_payload' end as what,
        'payloads' as unit,
        'all' as table_name,
        'all' as rule,
        batches.day as first_on,
        count(*) as n,
        null::text as reason
    from batches
    inner join payloads on batches.batch_id = payloads.batch_id
    where payloads.outcome <> 'ACCEPTED'
    group by batches.feed_id, batches.day, payloads.outcome

),

of_flags as (

    select
        batches.feed_id,
        batches.day,
        'flagged' as what,
        'records' as unit,
        flags.flag ->> 'table' as table_name,
        flags.flag ->> 'rule' as rule,
        batches.day as first_on,
        sum((flags.flag ->> 'count')::bigint)::bigint as n,
        null::text as reason
    from batches
    cross join lateral jsonb_array_elements(batches.flagged) as flags (flag)
    group by batches.feed_id, batches.day, flags.flag ->> 'table', flags.flag ->> 'rule'

),

of_drift as (

    select
        batches.feed_id,
        batches.day,
        'drift' as what,
        'values' as unit,
        coalesce(drifts.drift ->> 'table', 'all') as table_name,
        drifts.drift ->> 'field' as rule,
        batches.day as first_on,
        sum((drifts.drift ->> 'count')::bigint)::bigint as n,
        min(drifts.drift ->> 'example') as reason
    from batches
    cross join lateral jsonb_array_elements(batches.drift) as drifts (drift)
    group by batches.feed_id, batches.day, coalesce(drifts.drift ->> 'table', 'all'), drifts.drift ->> 'field'

),

-- the same failure of the same record is one row of quarantine, however often its source sends it
of_failures as (

    select
        all_failures.feed_id,
        steps.day,
        steps.what,
        'failures' as unit,
        coalesce(all_failures.table_name, 'all') as table_name,
        all_failures.rule,
        {{ local_day('all_failures.first_seen_at') }} as first_on,
        count(*) as n,
        min(all_failures.reason) as reason
    from all_failures
    cross join horizon
    inner join lateral (
        values
        ('quarantined', {{ local_day('all_failures.first_seen_at') }}),
        ('released', case when all_failures.status = 'released' then {{ local_day('all_failures.closed_at') }} end)
    ) as steps (what, day) on steps.day >= horizon.first_day
    group by
        all_failures.feed_id,
        steps.day,
        steps.what,
        coalesce(all_failures.table_name, 'all'),
        all_failures.rule,
        {{ local_day('all_failures.first_seen_at') }}

),

of_payload_days as (

    select
        batches.feed_id,
        batches.day,
        count(*) as n_payloads
    from batches
    inner join payloads on batches.batch_id = payloads.batch_id
    group by batches.feed_id, batches.day

),

told as (

    select * from of_records
    union all
    select * from of_batches
    union all
    select * from of_payloads
    union all
    select * from of_flags
    union all
    select * from of_drift
    union all
    select * from of_failures

),

totalled as (

    select
        told.*,
        case
            when told.what = 'released' then null
            when told.unit = 'batches' then days.n_batches
            when told.unit = 'payloads' then of_payload_days.n_payloads
            else days.n_accepted + days.n_refused
        end as total
    from told
    left join days
        on
            told.feed_id = days.feed_id
            and told.day = days.day
    left join of_payload_days
        on
            told.feed_id = of_payload_days.feed_id
            and told.day = of_payload_days.day

),

final as (

    select
        feed_id,
        day,
        what,
        unit,
        table_name,
        rule,
        first_on,
        n,
        total,
        case when unit <> 'values' then {{ pct('n', 'total') }} end as share_pct,
        reason
    from totalled

)

select * from final
