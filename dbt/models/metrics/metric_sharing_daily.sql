-- One row per department and day since the first feed was switched on.
with

promises as (

    select * from {{ ref('stg_sharing_promise') }}

),

coverage as (

    select * from {{ ref('metric_coverage_daily') }}

),

versions as (

    select * from {{ ref('dim_feed_version') }}

),

departments as (

    select * from {{ ref('dim_department') }}

),

aliases as (

    select * from {{ ref('dim_department_alias') }}

),

days as (

    select day.day::date as day
    from (select min({{ local_day('valid_from') }}) as first_day from versions) as promised
    cross join generate_series(
        promised.first_day::timestamp, {{ local_day(as_of()) }}::timestamp, interval '1 day'
    ) as day (day)

),

-- two uploads of promises: the newer entry counts
promised as (

    select distinct on (aliases.department_code, promises.feed_code)
        aliases.department_code,
        promises.feed_code,
        promises.promised_from,
        promises.promised_to
    from promises
    inner join aliases on promises.department = aliases.name
    order by aliases.department_code, promises.feed_code, promises.updated_at desc nulls last, promises.feed_id

),

owed as (

    select
        promised.department_code,
        promised.feed_code,
        days.day
    from promised
    inner join days
        on
            promised.promised_from < {{ day_start('(days.day + 1)') }}
            and coalesce(promised.promised_to > {{ day_start('days.day') }}, true)

),

-- of a data set that comes once in many days, the day on which the slot began that still goes on
judged as (

    select
        owed.department_code,
        owed.feed_code,
        owed.day,
        today.feed_id is not null as is_fed,
        coalesce(going_on.state, today.state) as state
    from owed
    left join coverage as today
        on
            owed.feed_code = today.feed_id
            and owed.day = today.day
    left join lateral (
        select coverage.state
        from coverage
        inner join versions
            on
                coverage.feed_id = versions.feed_id
                and versions.valid_from < {{ day_start('(coverage.day + 1)') }}
                and versions.valid_to > {{ day_start('coverage.day') }}
        where
            today.state = 'NO_EVIDENCE'
            and owed.feed_code = coverage.feed_id
            and coverage.state <> 'NO_EVIDENCE'
            and owed.day > coverage.day
            and owed.day < coverage.day + ceil(versions.slot_s / 86400)::integer
        order by coverage.day desc, versions.valid_from desc
        limit 1
    ) as going_on on true

),

counted as (

    select
        department_code,
        day,
        count(*) as n_promised,
        count(*) filter (where state = 'MET') as n_delivering,
        count(*) filter (where state = 'MISSED') as n_missed,
        count(*) filter (where state = 'PENDING') as n_pending,
        count(*) filter (where state = 'NO_EVIDENCE') as n_no_evidence,
        count(*) filter (where state = 'EXCLUDED') as n_excluded,
        count(*) filter (where not is_fed) as n_without_feed
    from judged
    group by department_code, day

),

final as (

    select
        counted.department_code,
        departments.department_name,
        counted.day,
        counted.n_promised,
        counted.n_delivering,
        counted.n_missed,
        counted.n_pending,
        counted.n_no_evidence,
        counted.n_excluded,
        counted.n_without_feed,
        {{ pct('counted.n_delivering', 'counted.n_promised - counted.n_excluded') }} as delivering_pct,
        {{ as_of() }} as as_of
    from counted
    left join departments on counted.department_code = departments.department_code

)

select * from final
