-- One row per region of any level and local day since the feed runs: safety promises of hazchem plants, made and owed.
with

promises as (

    select * from {{ ref('stg_safety_promise') }}
    where not is_deleted

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        industry = 'hazchem'
        and status = 'active'

),

feeds as (

    select * from {{ source('ops', 'feed') }}
    where 'safety_promise' = any(tables)

),

names as (

    select * from {{ ref('int_region__name') }}

),

days as (

    select
        spine.day::date as day,
        {{ as_of() }} < (spine.day at time zone '{{ var("zone") }}')
        + {{ assumed('promise_due_hour') }} * interval '1 hour' as is_pending
    from (
        select
            min({{ local_day('activated_at') }}) as first_on,
            least(
                max(coalesce({{ local_day('active_until') }} - 1, {{ local_day(as_of()) }})), {{ local_day(as_of()) }}
            ) as last_on
        from feeds
    ) as reach
    cross join lateral generate_series(
        reach.first_on::timestamp, reach.last_on::timestamp, interval '1 day'
    ) as spine (day)

),

-- the register of the day: who was a hazchem plant in operation when it ended
owed as (

    select
        days.day,
        days.is_pending,
        enterprises.credit_code,
        enterprises.region_code
    from days
    inner join enterprises
        on
            (days.day >= {{ local_day('enterprises.valid_from') }} or enterprises.is_first_version)
            and days.day < {{ local_day('enterprises.valid_to') }}

),

-- a promise that came after its day does not count for another one
made as (

    select
        aliases.credit_code,
        {{ local_day('promises.promised_at') }} as day,
        sum(promises.hot_works) as hot_works
    from promises
    inner join aliases on promises.enterprise_code = aliases.code
    where aliases.credit_code is not null
    group by aliases.credit_code, {{ local_day('promises.promised_at') }}

),

counted as (

    select
        levels.region_code,
        levels.region_level,
        owed.day,
        owed.is_pending,
        count(*) as n_owed,
        count(made.credit_code) as n_made,
        coalesce(sum(made.hot_works), 0)::bigint as n_hot_works
    from owed
    left join made
        on
            owed.credit_code = made.credit_code
            and owed.day = made.day
    cross join lateral {{ regions_above('owed.region_code') }} as levels
    group by levels.region_code, levels.region_level, owed.day, owed.is_pending

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.day,
        counted.is_pending,
        counted.n_owed,
        counted.n_made,
        case when not counted.is_pending then {{ pct('counted.n_made', 'counted.n_owed') }} end as made_pct,
        counted.n_hot_works,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
