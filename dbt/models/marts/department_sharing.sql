-- One row per department and data set: what was promised against what came, and what comes without a promise.
with

promises as (

    select * from {{ ref('stg_sharing_promise') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

polls as (

    select * from {{ ref('stg_poll') }}
    where committed_at <= {{ as_of() }}

),

aliases as (

    select * from {{ ref('dim_department_alias') }}

),

-- two uploads of promises: the newer entry counts
promised as (

    select distinct on (department, feed_code) * from promises
    order by department, feed_code, updated_at desc nulls last, feed_id

),

data_sets as (

    select
        promised.department as department_name,
        promised.feed_code,
        promised.feed_name,
        feeds.feed_id,
        true as is_promised,
        promised.promised_from,
        promised.promised_to,
        promised.cadence_s,
        coalesce(promised.max_delay_s, 0) as max_delay_s,
        promised.records_per_day,
        feeds.active_until,
        feeds.activated_at
    from promised
    left join feeds on promised.feed_code = feeds.feed_id

    union all

    select
        feeds.department as department_name,
        feeds.feed_id as feed_code,
        feeds.feed_name,
        feeds.feed_id,
        false as is_promised,
        null as promised_from,
        null as promised_to,
        feeds.frequency_s as cadence_s,
        feeds.latency_s as max_delay_s,
        null as records_per_day,
        feeds.active_until,
        feeds.activated_at
    from feeds
    where
        (feeds.active_until is null or feeds.active_until > {{ as_of() }})
        and feeds.feed_id not in (select promised.feed_code from promised)

),

-- a day, or two cadences where that is longer, which are over: what may still be late is not asked for
periods as (

    select
        data_sets.*,
        coalesce(
            is_promised
            and promised_from <= {{ as_of() }}
            and coalesce(promised_to > {{ as_of() }}, true), false
        ) as is_due,
        {{ as_of() }} - make_interval(secs => max_delay_s) as period_end,
        greatest(
            {{ as_of() }} - make_interval(secs => max_delay_s + greatest(86400, 2 * cadence_s)),
            promised_from,
            activated_at
        ) as period_start
    from data_sets

),

delivered as (

    select
        periods.department_name,
        periods.feed_code,
        last_poll.polled_at as last_polled_at,
        last_delivery.polled_at as last_delivered_at,
        counts.n_deliveries,
        counts.n_records
    from periods
    left join lateral (
        select polls.polled_at from polls
        where periods.feed_id = polls.feed_id
        order by polls.committed_at desc
        limit 1
    ) as last_poll on true
    left join lateral (
        select polls.polled_at from polls
        where
            periods.feed_id = polls.feed_id
            and polls.n_new_records > 0
        order by polls.committed_at desc
        limit 1
    ) as last_delivery on true
    left join lateral (
        select
            count(distinct floor(extract(epoch from polls.polled_at - periods.period_start) / periods.cadence_s))
                as n_deliveries,
            coalesce(sum(polls.n_new_records), 0) as n_records
        from polls
        where
            periods.feed_id = polls.feed_id
            and polls.committed_at >= periods.period_start
            and polls.polled_at >= periods.period_start
            and polls.polled_at < periods.period_end
    ) as counts on true

),

final as (

    select
        ---------- ids
        aliases.department_code,
        periods.department_name,
        periods.feed_code,
        periods.feed_id,

        ---------- promise
        periods.feed_name,
        periods.is_promised,
        periods.is_due,
        periods.promised_from,
        periods.promised_to,
        periods.cadence_s::double precision as cadence_s,
        periods.max_delay_s::double precision as max_delay_s,
        periods.records_per_day,

        ---------- delivery
        delivered.last_polled_at,
        delivered.last_delivered_at,
        case
            when periods.is_due
                then
                    greatest(
                        floor(extract(epoch from periods.period_end - periods.period_start) / periods.cadence_s), 0
                    )
        end::integer as expected_deliveries,
        case
            when periods.is_due
                then
                    least(
                        delivered.n_deliveries,
                        greatest(
                            floor(extract(epoch from periods.period_end - periods.period_start) / periods.cadence_s), 0
                        )
                    )
        end::integer as received_deliveries,
        delivered.n_records::bigint as new_records,
        periods.period_start,
        periods.period_end,
        case
            when not periods.is_promised then 'UNPROMISED'
            when not periods.is_due then 'NOT_DUE'
            when
                periods.feed_id is null
                or periods.active_until <= {{ as_of() }}
                or delivered.last_polled_at is null
                then 'NO_EVIDENCE'
            when
                delivered.last_polled_at
                < {{ as_of() }} - make_interval(secs => periods.cadence_s + periods.max_delay_s)
                then 'LATE'
            else 'DELIVERING'
        end as state,
        {{ as_of() }} as as_of
    from periods
    inner join delivered
        on
            periods.department_name = delivered.department_name
            and periods.feed_code = delivered.feed_code
    left join aliases on periods.department_name = aliases.name

)

select * from final
