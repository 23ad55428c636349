-- One row per year, first half and second half that the bureau's records reach into, up to the day of as_of.
with

today as (

    select {{ local_day(as_of()) }} as today

),

days as (

    select {{ local_day('checked_at') }} as day from {{ ref('stg_inspection') }}
    union
    select {{ local_day('coalesce(found_at, registered_at)') }} as day from {{ ref('stg_hidden_danger') }}
    union
    select {{ local_day('happened_at') }} as day from {{ ref('stg_incident') }}
    union
    select {{ local_day('filed_at') }} as day from {{ ref('stg_enforcement_case') }}
    union
    select {{ local_day('held_at') }} as day from {{ ref('stg_training') }}
    union
    select today as day from today

),

years as (

    select distinct extract(year from day)::integer as year
    from days

),

parts as (

    select
        years.year,
        part.period,
        make_date(years.year, part.first_month, 1) as start_on,
        (make_date(years.year, part.last_month, 1) + interval '1 month - 1 day')::date as end_on
    from years
    cross join (
        values ('year', 1, 12), ('first_half', 1, 6), ('second_half', 7, 12)
    ) as part (period, first_month, last_month)

),

final as (

    select
        parts.year,
        parts.period,
        parts.start_on,
        parts.end_on,
        least(parts.end_on, today.today) as through_on,
        {{ year_before('parts.start_on') }} as last_start_on,
        {{ year_before('least(parts.end_on, today.today)') }} as last_through_on
    from parts
    inner join today on parts.start_on <= today.today

)

select * from final
