{{ config(materialized='kept_table', unique_key=['credit_code'], indexes=[{'columns': ['geometry'], 'type': 'gist'}]) }}

-- One row per enterprise of today's register: one file per enterprise 一企业一档案.
with

enterprises as (

    select * from {{ ref('int_enterprise__control') }}

),

objects as (

    select * from {{ ref('dim_risk_object') }}
    where
        is_current
        and credit_code is not null

),

levels as (

    select * from {{ ref('one_map_object') }}

),

dangers as (

    select * from {{ ref('fct_hazard') }}
    where
        credit_code is not null
        and duplicate_of is null

),

inspections as (

    select * from {{ ref('fct_inspection') }}
    where credit_code is not null

),

incidents as (

    select * from {{ ref('fct_incident') }}
    where credit_code is not null

),

courses as (

    select * from {{ ref('stg_training') }}

),

drills as (

    select * from {{ ref('fct_drill') }}
    where
        credit_code is not null
        and is_held

),

plans as (

    select * from {{ ref('fct_plan') }}
    where credit_code is not null

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_current
        and credit_code is not null

),

cameras as (

    {{ listed('stg_camera', 'camera', 'camera_code') }}

),

alarms as (

    select * from {{ ref('fct_alarm') }}
    where credit_code is not null

),

links as (

    select * from {{ ref('supply_chain') }}
    where is_in_force

),

warnings as (

    select * from {{ ref('fct_warning_enterprise') }}
    where not is_copy

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

span as (

    select
        {{ as_of() }} as until,
        {{ as_of() }} - interval '1 year' as since_year,
        {{ as_of() }} - interval '30 days' as since_month

),

object_lists as (

    select
        objects.credit_code,
        count(*) as n_objects,
        jsonb_agg(
            jsonb_build_object(
                'object_id', levels.object_id,
                'object_type', levels.object_type,
                'object_name', levels.object_name,
                'level', levels.level
            )
            order by levels.object_id
        ) as objects
    from objects
    inner join levels on objects.object_id = levels.object_id
    group by objects.credit_code

),

danger_counts as (

    select
        dangers.credit_code,
        count(*) as n_dangers,
        count(*) filter (where dangers.is_major) as n_major,
        count(*) filter (where not dangers.is_open) as n_rectified,
        count(*) filter (where dangers.is_recurrence) as n_recurrences,
        max(dangers.found_at) as last_danger_at
    from dangers
    cross join span
    where dangers.found_at > span.since_year and dangers.found_at <= span.until
    group by dangers.credit_code

),

open_lists as (

    select
        credit_code,
        jsonb_agg(
            jsonb_build_object(
                'danger_code', danger_code,
                'danger_name', danger_name,
                'danger_level', danger_level,
                'found_at', found_at,
                'deadline_at', deadline_at,
                'is_overdue', is_overdue,
                'is_supervised', is_supervised
            )
            order by deadline_at, danger_code
        ) as open_dangers
    from dangers
    where is_open
    group by credit_code

),

inspection_counts as (

    select
        inspections.credit_code,
        count(*) as n_inspections,
        sum(inspections.n_orders) as n_orders,
        count(*) filter (where inspections.is_stopped) as n_stops,
        sum(inspections.n_cases) as n_cases,
        sum(inspections.fines_cny::numeric)::double precision as fines_cny
    from inspections
    cross join span
    where inspections.checked_at > span.since_year and inspections.checked_at <= span.until
    group by inspections.credit_code

),

incident_counts as (

    select
        incidents.credit_code,
        count(*) as n_incidents,
        coalesce(sum(incidents.deaths), 0) as deaths,
        coalesce(sum(incidents.injuries), 0) as injuries,
        max(incidents.happened_at) as last_incident_at
    from incidents
    cross join span
    where incidents.happened_at > span.since_year and incidents.happened_at <= span.until
    group by incidents.credit_code

),

-- a course belongs to the enterprise that held it
course_counts as (

    select
        aliases.credit_code,
        count(*) as n_courses,
        coalesce(sum(courses.participants), 0) as n_participants,
        max(courses.held_at) as last_course_at
    from courses
    inner join aliases on courses.organiser = aliases.code
    cross join span
    where
        aliases.credit_code is not null
        and courses.held_at > span.since_year
        and courses.held_at <= span.until
    group by aliases.credit_code

),

drill_counts as (

    select
        drills.credit_code,
        count(*) filter (where drills.held_at > span.since_year) as n_drills,
        max(drills.held_at) as last_drill_at
    from drills
    cross join span
    group by drills.credit_code

),

plan_counts as (

    select
        credit_code,
        count(*) filter (where is_in_force) as n_plans,
        count(*) filter (where is_in_force and is_outdated) as n_plans_outdated,
        max(last_updated_at) as last_plan_at
    from plans
    group by credit_code

),

point_counts as (

    select
        credit_code,
        count(*) as n_points,
        count(*) filter (where is_in_use) as n_points_in_use
    from points
    group by credit_code

),

camera_counts as (

    select
        aliases.credit_code,
        count(*) as n_cameras,
        count(*) filter (where cameras.is_online) as n_cameras_online,
        count(*) filter (where cameras.has_ai) as n_cameras_ai
    from cameras
    inner join aliases on cameras.enterprise_code = aliases.code
    where aliases.credit_code is not null
    group by aliases.credit_code

),

alarm_counts as (

    select
        alarms.credit_code,
        count(*) as n_alarms,
        count(*) filter (where alarms.is_confirmed) as n_alarms_confirmed,
        max(alarms.started_at) as last_alarm_at
    from alarms
    cross join span
    where alarms.started_at > span.since_month and alarms.started_at <= span.until
    group by alarms.credit_code

),

supplier_counts as (

    select
        customer_credit_code as credit_code,
        count(distinct supplier_code) as n_suppliers,
        count(distinct supplier_code) filter (where is_critical) as n_critical_suppliers
    from links
    where customer_credit_code is not null
    group by customer_credit_code

),

customer_counts as (

    select
        supplier_credit_code as credit_code,
        count(distinct customer_code) as n_customers
    from links
    where supplier_credit_code is not null
    group by supplier_credit_code

),

warning_counts as (

    select
        warnings.credit_code,
        count(*) as n_warnings,
        count(*) filter (where warnings.is_reached) as n_warnings_reached,
        max(warnings.sent_at) as last_warning_at
    from warnings
    cross join span
    where warnings.sent_at > span.since_month and warnings.sent_at <= span.until
    group by warnings.credit_code

),

final as (

    select
        ---------- register
        enterprises.credit_code,
        enterprises.mine_code,
        enterprises.region_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.industry_code,
        enterprises.address,
        enterprises.status,
        enterprises.is_key_enterprise,
        enterprises.employees,
        enterprises.geometry,

        ---------- levels and control
        enterprises.static_level,
        enterprises.dynamic_level,
        enterprises.level,
        coalesce(object_lists.n_objects, 0) as n_objects,
        coalesce(object_lists.objects, '[]'::jsonb) as objects,
        enterprises.control_level,
        enterprises.check_interval_days,
        enterprises.check_state,
        enterprises.n_responsible,
        enterprises.responsible_roles,

        ---------- hidden dangers
        coalesce(danger_counts.n_dangers, 0) as n_dangers_1y,
        coalesce(danger_counts.n_major, 0) as n_major_1y,
        coalesce(danger_counts.n_rectified, 0) as n_rectified_1y,
        coalesce(danger_counts.n_recurrences, 0) as n_recurrences_1y,
        danger_counts.last_danger_at,
        enterprises.n_open_dangers,
        enterprises.n_open_major,
        enterprises.n_overdue_dangers,
        coalesce(open_lists.open_dangers, '[]'::jsonb) as open_dangers,

        ---------- checks, cases, credit
        coalesce(inspection_counts.n_inspections, 0) as n_inspections_1y,
        enterprises.last_checked_at,
        coalesce(inspection_counts.n_orders, 0)::bigint as n_orders_1y,
        coalesce(inspection_counts.n_stops, 0) as n_stops_1y,
        enterprises.rechecks_missed_running,
        coalesce(inspection_counts.n_cases, 0)::bigint as n_cases_1y,
        coalesce(inspection_counts.fines_cny, 0) as fines_1y_cny,
        enterprises.credit_list,
        enterprises.credit_score,
        enterprises.credit_quarter,

        ---------- accidents
        coalesce(incident_counts.n_incidents, 0) as n_incidents_1y,
        coalesce(incident_counts.deaths, 0) as deaths_1y,
        coalesce(incident_counts.injuries, 0) as injuries_1y,
        incident_counts.last_incident_at,

        ---------- preparedness
        coalesce(course_counts.n_courses, 0) as n_courses_1y,
        coalesce(course_counts.n_participants, 0) as n_participants_1y,
        course_counts.last_course_at,
        coalesce(drill_counts.n_drills, 0) as n_drills_1y,
        drill_counts.last_drill_at,
        coalesce(plan_counts.n_plans, 0) as n_plans,
        coalesce(plan_counts.n_plans_outdated, 0) as n_plans_outdated,
        plan_counts.last_plan_at,

        ---------- watched by
        coalesce(point_counts.n_points, 0) as n_points,
        coalesce(point_counts.n_points_in_use, 0) as n_points_in_use,
        coalesce(camera_counts.n_cameras, 0) as n_cameras,
        coalesce(camera_counts.n_cameras_online, 0) as n_cameras_online,
        coalesce(camera_counts.n_cameras_ai, 0) as n_cameras_ai,
        coalesce(alarm_counts.n_alarms, 0) as n_alarms_30d,
        coalesce(alarm_counts.n_alarms_confirmed, 0) as n_alarms_confirmed_30d,
        alarm_counts.last_alarm_at,

        ---------- links and warnings
        coalesce(supplier_counts.n_suppliers, 0) as n_suppliers,
        coalesce(supplier_counts.n_critical_suppliers, 0) as n_critical_suppliers,
        coalesce(customer_counts.n_customers, 0) as n_customers,
        coalesce(warning_counts.n_warnings, 0) as n_warnings_30d,
        coalesce(warning_counts.n_warnings_reached, 0) as n_warnings_reached_30d,
        warning_counts.last_warning_at,
        {{ as_of() }} as as_of
    from enterprises
    left join object_lists on enterprises.credit_code = object_lists.credit_code
    left join danger_counts on enterprises.credit_code = danger_counts.credit_code
    left join open_lists on enterprises.credit_code = open_lists.credit_code
    left join inspection_counts on enterprises.credit_code = inspection_counts.credit_code
    left join incident_counts on enterprises.credit_code = incident_counts.credit_code
    left join course_counts on enterprises.credit_code = course_counts.credit_code
    left join drill_counts on enterprises.credit_code = drill_counts.credit_code
    left join plan_counts on enterprises.credit_code = plan_counts.credit_code
    left join point_counts on enterprises.credit_code = point_counts.credit_code
    left join camera_counts on enterprises.credit_code = camera_counts.credit_code
    left join alarm_counts on enterprises.credit_code = alarm_counts.credit_code
    left join supplier_counts on enterprises.credit_code = supplier_counts.credit_code
    left join customer_counts on enterprises.credit_code = customer_counts.credit_code
    left join warning_counts on enterprises.credit_code = warning_counts.credit_code

)

select * from final
