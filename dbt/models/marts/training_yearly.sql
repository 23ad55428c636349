-- One row per year: courses, participants and certificates, the running year against the same days a year before.
with

courses as (

    select
        *,
        {{ local_day('held_at') }} as day
    from {{ ref('stg_training') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'training'

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

-- from when on records, if there were any, would have reached us
known as (

    select
        least(
            (select min(day) from courses),
            (select min({{ local_day('active_from') }}) from feeds)
        ) as first_on

),

counted as (

    select
        periods.year,
        periods.through_on,
        coalesce(known.first_on <= periods.last_start_on, false) as is_last_year_known,
        count(courses.course_code) filter (where courses.day >= periods.start_on) as n_courses,
        coalesce(sum(courses.participants) filter (where courses.day >= periods.start_on), 0) as n_participants,
        coalesce(sum(courses.certificates) filter (where courses.day >= periods.start_on), 0) as n_certificates,
        count(courses.course_code) filter (where courses.day < periods.start_on) as n_courses_last_year,
        coalesce(sum(courses.participants) filter (where courses.day < periods.start_on), 0) as n_participants_last_year
    from periods
    cross join known
    left join courses
        on
            courses.day between periods.start_on and periods.through_on
            or courses.day between periods.last_start_on and periods.last_through_on
    group by periods.year, periods.through_on, periods.last_start_on, known.first_on

),

final as (

    select
        year,
        through_on,
        n_courses,
        n_participants,
        n_certificates,
        {{ pct('n_certificates', 'n_participants') }} as certificates_pct,
        is_last_year_known,
        n_courses_last_year,
        n_participants_last_year,
        case
            when is_last_year_known then {{ change_pct('n_courses', 'n_courses_last_year') }}
        end as n_courses_change_pct,
        case
            when is_last_year_known then {{ change_pct('n_participants', 'n_participants_last_year') }}
        end as n_participants_change_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
