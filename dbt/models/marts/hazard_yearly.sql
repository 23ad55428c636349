-- One row per region of any level and year: the hidden dangers that were found, and what has become of them.
with

dangers as (

    select * from {{ ref('fct_hazard') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'hidden_danger'

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

names as (

    select * from {{ ref('int_region__name') }}

),

located as (

    select
        dangers.*,
        {{ local_day('dangers.found_at') }} as found_on,
        dangers.duplicate_of is null as is_counted,
        levels.region_code as counted_code,
        levels.region_level
    from dangers
    cross join lateral {{ regions_above('dangers.region_code') }} as levels

),

grid as (

    select
        regions.counted_code,
        regions.region_level,
        periods.*
    from (select distinct counted_code, region_level from located) as regions
    cross join periods

),

-- from when on records, if there were any, would have reached us
known as (

    select
        least(
            (select min(found_on) from located),
            (select min({{ local_day('active_from') }}) from feeds)
        ) as first_on

),

this_year as (

    select
        located.counted_code,
        periods.year,
        count(*) filter (where is_counted) as n_dangers,
        count(*) filter (where not is_counted) as n_possible_duplicates,
        count(*) filter (where is_counted and is_major) as n_major,
        count(*) filter (where is_counted and not is_open) as n_rectified,
        count(*) filter (where is_counted and is_closed) as n_closed,
        count(*) filter (where is_counted and is_overdue) as n_overdue,
        count(*) filter (where is_counted and deadline_state in ('met', 'missed', 'overdue')) as n_deadlines,
        count(*) filter (where is_counted and deadline_state = 'met') as n_deadlines_met,
        count(*) filter (where is_counted and is_supervised) as n_supervised,
        count(*) filter (where is_counted and is_supervision_owed) as n_supervision_owed,
        count(*) filter (where is_counted and lookback_state <> 'not_owed') as n_lookbacks_owed,
        count(*) filter (
            where is_counted and lookback_state <> 'not_owed' and looked_back_at is not null
        ) as n_looked_back,
        count(*) filter (where is_counted and is_recurrence) as n_recurrences,
        percentile_disc(0.5) within group (order by close_h) filter (where is_counted) as close_h_p50
    from located
    inner join periods on located.found_on between periods.start_on and periods.through_on
    group by located.counted_code, periods.year

),

last_year as (

    select
        located.counted_code,
        periods.year,
        count(*) as n_dangers
    from located
    inner join periods on located.found_on between periods.last_start_on and periods.last_through_on
    where located.is_counted
    group by located.counted_code, periods.year

),

counted as (

    select
        grid.counted_code as region_code,
        grid.region_level,
        grid.year,
        grid.through_on,
        coalesce(this_year.n_dangers, 0) as n_dangers,
        coalesce(this_year.n_possible_duplicates, 0) as n_possible_duplicates,
        coalesce(this_year.n_major, 0) as n_major,
        coalesce(this_year.n_rectified, 0) as n_rectified,
        coalesce(this_year.n_closed, 0) as n_closed,
        coalesce(this_year.n_overdue, 0) as n_overdue,
        coalesce(this_year.n_deadlines, 0) as n_deadlines,
        coalesce(this_year.n_deadlines_met, 0) as n_deadlines_met,
        coalesce(this_year.n_supervised, 0) as n_supervised,
        coalesce(this_year.n_supervision_owed, 0) as n_supervision_owed,
        coalesce(this_year.n_lookbacks_owed, 0) as n_lookbacks_owed,
        coalesce(this_year.n_looked_back, 0) as n_looked_back,
        coalesce(this_year.n_recurrences, 0) as n_recurrences,
        this_year.close_h_p50,
        coalesce(known.first_on <= grid.last_start_on, false) as is_last_year_known,
        coalesce(last_year.n_dangers, 0) as n_dangers_last_year
    from grid
    cross join known
    left join this_year
        on
            grid.counted_code = this_year.counted_code
            and grid.year = this_year.year
    left join last_year
        on
            grid.counted_code = last_year.counted_code
            and grid.year = last_year.year

),

final as (

    select
        counted.region_code,
        counted.region_level,
        names.region_name,
        counted.year,
        counted.through_on,
        counted.n_dangers,
        counted.n_possible_duplicates,
        counted.n_major,
        counted.n_rectified,
        {{ pct('counted.n_rectified', 'counted.n_dangers') }} as rectified_pct,
        counted.n_closed,
        {{ pct('counted.n_closed', 'counted.n_dangers') }} as closed_pct,
        counted.n_overdue,
        counted.n_deadlines,
        counted.n_deadlines_met,
        {{ pct('counted.n_deadlines_met', 'counted.n_deadlines') }} as deadlines_met_pct,
        counted.n_supervised,
        counted.n_supervision_owed,
        counted.n_lookbacks_owed,
        counted.n_looked_back,
        {{ pct('counted.n_looked_back', 'counted.n_lookbacks_owed') }} as looked_back_pct,
        counted.n_recurrences,
        counted.close_h_p50,
        counted.is_last_year_known,
        counted.n_dangers_last_year,
        case
            when counted.is_last_year_known then counted.n_dangers - counted.n_dangers_last_year
        end as n_dangers_change,
        case
            when counted.is_last_year_known
                then {{ change_pct('counted.n_dangers', 'counted.n_dangers_last_year') }}
        end as n_dangers_change_pct,
        {{ as_of() }} as as_of
    from counted
    left join names on counted.region_code = names.region_code

)

select * from final
