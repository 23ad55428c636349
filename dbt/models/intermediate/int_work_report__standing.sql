-- What the yearly figures say of a moment, on the last day of each year or of today: in the same shape as
-- int_work_report__event. Registers with a history are asked for every year, others only for the running one.
with

bureau as (

    select * from {{ ref('int_region__bureau') }}

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where status = 'active'

),

current_enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

points as (

    select * from {{ ref('dim_monitoring_point') }}

),

monitored as (

    select * from {{ ref('metric_monitoring_daily') }}
    where category = 'all'

),

listed as (

    select * from {{ ref('credit_list') }}

),

mines as (

    select * from {{ ref('mine_status') }}
    where is_registered

),

plans as (

    select * from {{ ref('fct_plan') }}
    where is_in_force

),

teams as (

    select * from {{ ref('rescue_resource') }}

),

equipment as (

    select * from {{ ref('stg_rescue_equipment') }}

),

depots as (

    select * from {{ ref('stg_reserve_depot') }}

),

stock as (

    select * from {{ ref('fct_reserve_stock') }}

),

covered as (

    select * from {{ ref('reserve_coverage_region') }}

),

departments as (

    select * from {{ ref('department_sharing_status') }}

),

---------- registers with a history

of_enterprises as (

    select
        figure.code,
        periods.through_on as day,
        enterprises.region_code,
        figure.part
    from periods
    inner join enterprises
        on
            (periods.through_on >= {{ local_day('enterprises.valid_from') }} or enterprises.is_first_version)
            and periods.through_on < {{ local_day('enterprises.valid_to') }}
    cross join
        lateral (
            values
            ('key_enterprises', is_key_enterprise::integer),
            ('enterprises_red', (static_level = 'red')::integer),
            ('enterprises_orange', (static_level = 'orange')::integer),
            ('enterprises_yellow', (static_level = 'yellow')::integer),
            ('enterprises_blue', (static_level = 'blue')::integer),
            (
                'enterprises_ungraded',
                (coalesce(static_level, 'unknown') not in ('red', 'orange', 'yellow', 'blue'))::integer
            )
        ) as figure (code, part)

),

of_points as (

    select
        case points.register when 'camera' then 'cameras' else 'sensors' end as code,
        periods.through_on as day,
        points.region_code,
        1 as part
    from periods
    inner join points
        on
            points.is_in_use
            and periods.through_on >= {{ local_day('points.known_since') }}
            and periods.through_on >= {{ local_day('points.valid_from') }}
            and periods.through_on < {{ local_day('points.valid_to') }}

),

of_monitored as (

    select
        'key_enterprises_watched_pct' as code,
        monitored.day,
        nullif(monitored.region_code, 'unknown') as region_code,
        monitored.n_live as part,
        monitored.n_required as whole
    from monitored
    inner join periods on monitored.day = periods.through_on

),

newest_quarters as (

    select
        left(quarter, 4)::integer as year,
        max(quarter) as quarter
    from listed
    where quarter ~ '^\d{4}Q[1-4]$'
    group by left(quarter, 4)::integer

),

of_credit as (

    select
        figure.code,
        periods.through_on as day,
        current_enterprises.region_code,
        figure.part
    from newest_quarters
    inner join periods on newest_quarters.year = periods.year
    inner join listed on newest_quarters.quarter = listed.quarter
    left join current_enterprises on listed.credit_code = current_enterprises.credit_code
    cross join
        lateral (
            values
            ('credit_red', (list = 'red')::integer),
            ('credit_black', (list = 'black')::integer)
        ) as figure (code, part)

),

---------- what the sources tell of the present only

of_mines as (

    select
        'mines_connected_pct' as code,
        region_code,
        is_connected::integer as part,
        1 as whole
    from mines

),

of_plans as (

    select
        figure.code,
        coalesce(plans.region_code, bureau.region_code) as region_code,
        figure.part,
        figure.whole
    from plans
    cross join bureau
    cross join
        lateral (
            values
            ('plans_general', (plan_type = '总体预案')::integer, null),
            ('plans_special', (plan_type = '专项预案')::integer, null),
            ('plans_enterprise', (plan_type = '企业预案')::integer, null),
            ('plans_outdated_pct', is_outdated::integer, (is_outdated is not null)::integer)
        ) as figure (code, part, whole)

),

of_teams as (

    select
        figure.code,
        teams.region_code,
        figure.part,
        figure.whole
    from teams
    cross join
        lateral (
            values
            ('teams_full_time', (duty_kind = 'full_time')::integer, null),
            ('teams_part_time', (duty_kind = 'part_time')::integer, null),
            ('teams_voluntary', (duty_kind = 'voluntary')::integer, null),
            ('team_members', members, null),
            ('teams_qualified_pct', is_qualified::integer, (is_qualified is not null)::integer),
            ('team_vehicles', vehicles, null)
        ) as figure (code, part, whole)

),

of_equipment as (

    select
        figure.code,
        teams.region_code,
        case when equipment.equipment_type = figure.equipment_type then equipment.quantity else 0 end as part
    from equipment
    inner join teams
        on
            equipment.feed_id = teams.feed_id
            and equipment.team_code = teams.team_code
    cross join (
        values
        ('rescue_robots', '机器人'),
        ('rescue_pumps', '排水泵')
    ) as figure (code, equipment_type)

),

of_depots as (

    select
        'depots' as code,
        region_code,
        1 as part
    from depots

),

of_stock as (

    select
        figure.code,
        stock.region_code,
        figure.part,
        figure.whole
    from stock
    cross join
        lateral (
            values
            ('reserve_pieces', quantity::numeric, null),
            (
                'reserve_expired_pct',
                case when is_expired then quantity::numeric else 0 end,
                case when is_expired is not null then quantity::numeric else 0 end
            )
        ) as figure (code, part, whole)

),

-- kinds do not add up over regions
of_kinds as (

    select
        'reserve_kinds' as code,
        levels.region_code,
        levels.region_level,
        count(distinct stock.item_name) as part
    from stock
    cross join lateral {{ regions_above('stock.region_code') }} as levels
    group by levels.region_code, levels.region_level

),

of_cover as (

    select
        'villages_covered_pct' as code,
        region_code,
        region_level,
        sum(n_covered) as part,
        sum(n_judged) as whole
    from covered
    group by region_code, region_level

    union all

    -- the same distances stand beside each kind of hazard
    select
        'depot_distance_km' as code,
        region_code,
        region_level,
        max(nearest_depot_sum_km::numeric) as part,
        max(n_with_depot) as whole
    from covered
    group by region_code, region_level

),

of_departments as (

    select
        figure.code,
        bureau.region_code,
        figure.part,
        figure.whole
    from departments
    cross join bureau
    cross join
        lateral (
            values
            ('departments_delivering_pct', (n_due > 0 and n_delivering = n_due)::integer, (n_due > 0)::integer),
            ('departments_connected', (last_polled_at is not null)::integer, null)
        ) as figure (code, part, whole)

),

present as (

    select code, region_code, null as region_level, part, whole from of_mines
    union all
    select code, region_code, null as region_level, part, whole from of_plans
    union all
    select code, region_code, null as region_level, part, whole from of_teams
    union all
    select code, region_code, null as region_level, part, null as whole from of_equipment
    union all
    select code, region_code, null as region_level, part, null as whole from of_depots
    union all
    select code, region_code, null as region_level, part, whole from of_stock
    union all
    select code, region_code, region_level, part, null as whole from of_kinds
    union all
    select code, region_code, region_level, part, whole from of_cover
    union all
    select code, region_code, null as region_level, part, whole from of_departments

),

told as (

    select code, day, region_code, null as region_level, part, null::numeric as whole from of_enterprises
    union all
    select code, day, region_code, null as region_level, part, null::numeric as whole from of_points
    union all
    select code, day, region_code, null as region_level, part, null::numeric as whole from of_credit
    union all
    select code, day, region_code, null as region_level, part, whole from of_monitored
    union all
    select code, {{ local_day(as_of()) }} as day, region_code, region_level, part, whole from present

),

final as (

    select
        code as figure_code,
        day,
        region_code,
        region_level,
        part::numeric as part,
        whole::numeric as whole
    from told

)

select * from final
