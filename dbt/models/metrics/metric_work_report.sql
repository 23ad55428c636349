-- One row per year, region of any level and figure of the seed work_report_figure.
with

figures as (

    select
        *,
        -- the first table named is the one that tells, the others are what it is held against
        split_part(source_tables, ' ', 1) as main_table,
        string_to_array(source_tables, ' ') as tables
    from {{ ref('work_report_figure') }}

),

told as (

    select * from {{ ref('int_work_report__event') }}
    union all
    select * from {{ ref('int_work_report__standing') }}

),

feeds as (

    select * from {{ source('ops', 'feed') }}

),

polls as (

    select
        feed_id,
        min({{ local_day('polled_at') }}) as first_on
    from {{ ref('stg_poll') }}
    where polled_at <= {{ as_of() }}
    group by feed_id

),

codes as (

    select * from {{ ref('int_region__code') }}

),

names as (

    select * from {{ ref('int_region__name') }}

),

---------- where and when

-- what happened under a code that has changed since counts for the region of today; what was divided keeps its code
placed as (

    select
        told.figure_code,
        told.day,
        told.region_level,
        coalesce(codes.current_code || substr(told.region_code, 7), told.region_code) as region_code,
        sum(told.part) as part,
        sum(told.whole) as whole
    from told
    left join codes
        on
            told.region_level is null
            and left(told.region_code, 6) = codes.region_code
            and {{ day_start('told.day') }} >= codes.valid_from
            and {{ day_start('told.day') }} < codes.valid_to
    group by
        told.figure_code,
        told.day,
        told.region_level,
        coalesce(codes.current_code || substr(told.region_code, 7), told.region_code)

),

counted as (

    select
        placed.figure_code,
        placed.day,
        levels.region_code,
        levels.region_level,
        sum(placed.part) as part,
        sum(placed.whole) as whole
    from placed
    cross join lateral {{ regions_above('placed.region_code') }} as levels
    where placed.region_level is null
    group by placed.figure_code, placed.day, levels.region_code, levels.region_level

    union all

    select
        figure_code,
        day,
        region_code,
        region_level,
        part,
        whole
    from placed
    where region_level is not null

),

today as (

    select {{ local_day(as_of()) }} as today

),

-- a region has a year if anything is told of it
region_years as (

    select distinct
        region_code,
        region_level,
        extract(year from day)::integer as year
    from counted

),

periods as (

    select
        years.year,
        make_date(years.year, 1, 1) as start_on,
        least(make_date(years.year, 12, 31), today.today) as through_on,
        make_date(years.year - 1, 1, 1) as last_start_on,
        {{ year_before('least(make_date(years.year, 12, 31), today.today)') }} as last_through_on
    from (select distinct year from region_years) as years
    cross join today

),

---------- who tells

telling as (

    select
        figures.figure_code,
        feeds.feed_id,
        feeds.active_until,
        polls.first_on,
        jsonb_path_exists(feeds.contract, '$.servers[*] ? (@.environment == "demo")') as is_simulated,
        figures.main_table = '*' or figures.main_table = any(feeds.tables) as is_main
    from figures
    inner join feeds on figures.source_tables = '*' or figures.tables && feeds.tables
    left join polls on feeds.feed_id = polls.feed_id

),

sources as (

    select
        figure_code,
        array_agg(feed_id order by feed_id) as source_feeds,
        array_agg(feed_id order by feed_id) filter (where is_simulated) as simulated_feeds,
        bool_or(is_main) as has_feed,
        min(first_on) filter (where is_main) as polled_from,
        case
            when bool_and(active_until is not null) filter (where is_main)
                then {{ local_day('max(active_until) filter (where is_main)') }}
        end as until_on
    from telling
    group by figure_code

),

-- the level down to which the records of a table name a place, by what counts them: villages without an accident are
-- counted by town, also where accidents are not
reach as (

    select
        figures.main_table,
        figures.basis,
        figures.form = 'count' as is_count,
        counted.region_level,
        array_agg(distinct extract(year from counted.day)::integer) as years
    from counted
    inner join figures on counted.figure_code = figures.figure_code
    group by figures.main_table, figures.basis, figures.form = 'count', counted.region_level

),

anywhere as (

    select
        main_table,
        basis,
        is_count,
        array_agg(distinct reached.year) as years
    from reach
    cross join unnest(reach.years) as reached (year)
    group by main_table, basis, is_count

),

-- only counts are events: a share may be told of a day on which nothing happened
first_events as (

    select
        figures.main_table,
        coalesce(min(counted.day) filter (where figures.form = 'count'), min(counted.day)) as first_on
    from counted
    inner join figures on counted.figure_code = figures.figure_code
    where figures.basis = 'events'
    group by figures.main_table

),

evidence as (

    select
        figures.*,
        coalesce(sources.source_feeds, array[]::text[]) as source_feeds,
        coalesce(sources.simulated_feeds, array[]::text[]) as simulated_feeds,
        coalesce(sources.has_feed, false) as has_feed,
        sources.until_on,
        case figures.basis
            -- from when on records, if there were any, would have reached us
            when 'events' then least(sources.polled_from, first_events.first_on)
            -- a register tells nothing of the time before we first saw it
            else sources.polled_from
        end as known_from
    from figures
    left join sources on figures.figure_code = sources.figure_code
    left join first_events on figures.main_table = first_events.main_table

),

---------- sums

this_year as (

    select
        figure_code,
        region_code,
        extract(year from day)::integer as year,
        sum(part) as part,
        sum(whole) as whole
    from counted
    group by figure_code, region_code, extract(year from day)

),

last_year as (

    select
        counted.figure_code,
        counted.region_code,
        periods.year,
        sum(counted.part) as part,
        sum(counted.whole) as whole
    from counted
    inner join periods
        on
            extract(year from counted.day)::integer + 1 = periods.year
            and counted.day <= periods.last_through_on
    group by counted.figure_code, counted.region_code, periods.year

),

judged as (

    select
        periods.*,
        region_years.region_code,
        region_years.region_level,
        evidence.figure_code,
        evidence.section,
        evidence.figure_order,
        evidence.name_zh,
        evidence.name_en,
        evidence.unit_zh,
        evidence.unit_en,
        evidence.form,
        evidence.basis,
        evidence.definition_zh,
        evidence.definition_en,
        evidence.source_feeds,
        evidence.simulated_feeds,
        evidence.until_on,
        evidence.known_from,
        this_year.part,
        this_year.whole,
        last_year.part as last_part,
        last_year.whole as last_whole,
        case
            when not evidence.has_feed or evidence.known_from is null then 'no_feed'
            when evidence.until_on < periods.start_on then 'no_feed'
            when evidence.known_from > periods.through_on then 'before_records'
            when evidence.basis = 'standing' and own.years is null and anywhere.years @> array[periods.year]
                then 'not_by_region'
            when
                evidence.basis = 'standing'
                and periods.through_on < today.today
                and (own.years @> array[periods.year]) is not true
                then 'not_kept'
            when evidence.basis = 'events' and own.years is null and anywhere.years is not null then 'not_by_region'
        end as unknown_because,
        evidence.is_compared
        and case evidence.basis
            when 'events' then evidence.known_from <= periods.last_start_on
            -- a year that is not over has no like moment in the year before
            else
                periods.through_on = make_date(periods.year, 12, 31)
                and own.years @> array[periods.year - 1]
                and evidence.known_from <= periods.last_through_on
        end as is_last_year_told
    from periods
    cross join today
    inner join region_years on periods.year = region_years.year
    cross join evidence
    left join reach as own
        on
            evidence.main_table = own.main_table
            and evidence.basis = own.basis
            and (evidence.form = 'count') = own.is_count
            and region_years.region_level = own.region_level
    left join anywhere
        on
            evidence.main_table = anywhere.main_table
            and evidence.basis = anywhere.basis
            and (evidence.form = 'count') = anywhere.is_count
    left join this_year
        on
            periods.year = this_year.year
            and region_years.region_code = this_year.region_code
            and evidence.figure_code = this_year.figure_code
    left join last_year
        on
            periods.year = last_year.year
            and region_years.region_code = last_year.region_code
            and evidence.figure_code = last_year.figure_code
    -- what lies in no known region is a row only where there is something
    where
        region_years.region_code <> 'unknown'
        or this_year.part > 0
        or this_year.whole > 0

),

valued as (

    select
        *,
        case when unknown_because is null then coalesce(part, 0) end as numerator,
        case when unknown_because is null and form <> 'count' then coalesce(whole, 0) end as denominator,
        case
            when is_last_year_told
                then {{ work_report_value('form', 'coalesce(last_part, 0)', 'coalesce(last_whole, 0)') }}
        end as last_year_value
    from judged

),

measured as (

    select
        *,
        {{ work_report_value('form', 'numerator', 'denominator') }} as value
    from valued

),

final as (

    select
        ---------- grain
        measured.year,
        measured.region_code,
        measured.figure_code,

        ---------- what is told
        names.region_name,
        measured.region_level,
        measured.section,
        measured.figure_order,
        measured.name_zh,
        measured.name_en,
        measured.unit_zh,
        measured.unit_en,
        measured.form,
        measured.definition_zh,
        measured.definition_en,
        measured.source_feeds,
        measured.simulated_feeds,

        ---------- the figure
        measured.value::double precision as value,
        measured.numerator::double precision as numerator,
        measured.denominator::double precision as denominator,

        ---------- against the same days a year before
        measured.last_year_value is not null and measured.value is not null as is_last_year_known,
        case when measured.value is not null then measured.last_year_value end::double precision as last_year_value,
        (measured.value - measured.last_year_value)::double precision as change,
        case
            when measured.form <> 'share'
                then {{ change_pct('measured.value', 'measured.last_year_value') }}
        end as change_pct,

        ---------- how much of the year it knows
        case
            when measured.value is null then 'NO_EVIDENCE'
            when measured.basis = 'standing' then 'KNOWN'
            when
                measured.known_from > measured.start_on
                or measured.until_on < measured.through_on
                or measured.through_on < make_date(measured.year, 12, 31)
                then 'PARTIAL'
            else 'KNOWN'
        end as state,
        case
            when measured.value is null then coalesce(measured.unknown_because, 'nothing_to_divide')
        end as unknown_because,
        case measured.basis
            when 'standing' then measured.through_on
            else greatest(measured.start_on, least(measured.known_from, measured.through_on))
        end as period_from,
        case
            when measured.basis = 'standing' then measured.through_on
            else greatest(measured.start_on, least(measured.through_on, measured.until_on))
        end as period_to,
        {{ as_of() }} as as_of
    from measured
    left join names on measured.region_code = names.region_code

)

select * from final
