-- What the yearly figures count, on the day on which it happened: a count adds up `part`, a share or mean also `whole`.
-- A row per figure and event, or per figure, day and region where that is the same. region_level is null where the code
-- is the place of the event, to be counted for all regions above it; else the row is the region's own.
with

bureau as (

    select * from {{ ref('int_region__bureau') }}

),

inspections as (

    select * from {{ ref('fct_inspection') }}

),

documents as (

    select * from {{ ref('stg_inspection_document') }}

),

cases as (

    select * from {{ ref('stg_enforcement_case') }}
    where state is distinct from '已撤销'

),

inspected as (

    select * from {{ ref('inspection_yearly') }}

),

dangers as (

    select * from {{ ref('fct_hazard') }}
    where duplicate_of is null

),

incidents as (

    select * from {{ ref('fct_incident') }}

),

zero_accident as (

    select * from {{ ref('zero_accident') }}

),

periods as (

    select * from {{ ref('int_period__reporting') }}
    where period = 'year'

),

warned as (

    select * from {{ ref('fct_warning_enterprise') }}
    where not is_copy

),

leads as (

    select * from {{ ref('warning_lead') }}

),

messages as (

    select distinct warning_key
    from {{ ref('fct_warning') }}
    where
        msg_type = 'Alert'
        and status = 'Actual'

),

calls as (

    select * from {{ ref('stg_forest_fire_call') }}

),

alarms as (

    select * from {{ ref('fct_alarm') }}

),

findings as (

    select * from {{ ref('fct_video_finding') }}

),

plans as (

    select * from {{ ref('fct_plan') }}

),

drills as (

    select * from {{ ref('fct_drill') }}

),

courses as (

    select * from {{ ref('stg_training') }}

),

coverage as (

    select * from {{ ref('metric_coverage_daily') }}
    where kind = 'entity_slots'

),

delays as (

    select * from {{ ref('metric_timeliness_hourly') }}
    where leg = 'issued_to_published'

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

---------- checks and what followed from them

of_inspections as (

    select
        figure.code,
        {{ local_day('inspections.checked_at') }} as day,
        inspections.region_code,
        figure.part,
        figure.whole
    from inspections
    cross join
        lateral (
            values
            ('inspections', 1, null),
            ('inspections_daily', (check_type = '日常检查')::integer, null),
            ('inspections_general', (check_type = '综合检查')::integer, null),
            ('inspections_special', (check_type = '专项检查')::integer, null),
            ('inspections_seasonal', (check_type = '季节性检查')::integer, null),
            ('inspections_holiday', (check_type = '节假日检查')::integer, null),
            ('inspections_joint', is_joint::integer, null),
            ('enterprises_stopped', is_stopped::integer, null),
            (
                'rechecks_made_pct',
                (recheck_state in ('made', 'made_late'))::integer,
                (recheck_state in ('made', 'made_late', 'missed'))::integer
            )
        ) as figure (code, part, whole)

),

-- distinct enterprises and inspectors do not add up: the mart counts them for each region
of_inspected as (

    select
        figure.code,
        inspected.through_on as day,
        inspected.region_code,
        inspected.region_level,
        figure.part,
        figure.whole
    from inspected
    cross join
        lateral (
            values
            ('enterprises_checked_pct', n_enterprises_checked, n_enterprises),
            ('enterprises_per_inspector', n_enterprises, n_inspectors)
        ) as figure (code, part, whole)
    -- a year without any check is one from before the records; a register without towns has no enterprises in any
    where
        inspected.n_inspections > 0
        and inspected.n_enterprises > 0

),

of_documents as (

    select
        figure.code,
        {{ local_day('documents.issued_at') }} as day,
        inspections.region_code,
        1 as part
    from documents
    inner join (
        values
        ('现场检查记录', 'site_records'),
        ('责令限期整改指令书', 'rectification_orders'),
        ('整改复查意见书', 'recheck_notes'),
        ('联合检查文书', 'joint_documents')
    ) as figure (document_type, code) on documents.document_type = figure.document_type
    left join inspections
        on
            documents.feed_id = inspections.feed_id
            and documents.inspection_code = inspections.inspection_code

),

of_cases as (

    select
        figure.code,
        {{ local_day('figure.stepped_at') }} as day,
        coalesce(cases.region_code, enterprises.region_code) as region_code,
        figure.part
    from cases
    left join aliases on cases.enterprise_code = aliases.code
    left join enterprises
        on
            aliases.credit_code = enterprises.credit_code
            and (cases.filed_at >= enterprises.valid_from or enterprises.is_first_version)
            and cases.filed_at < enterprises.valid_to
    cross join
        lateral (
            values
            ('cases_filed', cases.filed_at, 1),
            ('cases_closed', cases.closed_at, 1),
            ('fines_cny', cases.decided_at, cases.fine_cny::numeric)
        ) as figure (code, stepped_at, part)

),

of_dangers as (

    select
        figure.code,
        {{ local_day('dangers.found_at') }} as day,
        dangers.region_code,
        figure.part,
        figure.whole
    from dangers
    cross join
        lateral (
            values
            ('dangers', 1, null),
            ('dangers_major', is_major::integer, null),
            ('dangers_registered', (stage <> 'found')::integer, null),
            ('dangers_rectified', (not is_open)::integer, null),
            ('dangers_accepted', (stage in ('accepted', 'closed'))::integer, null),
            ('dangers_closed', is_closed::integer, null),
            ('dangers_rectified_pct', (not is_open)::integer, 1),
            (
                'dangers_in_time_pct',
                (deadline_state = 'met')::integer,
                (deadline_state in ('met', 'missed', 'overdue'))::integer
            ),
            ('dangers_overdue', is_overdue::integer, null),
            ('dangers_supervised', is_supervised::integer, null),
            (
                'dangers_looked_back_pct',
                (lookback_state <> 'not_owed' and looked_back_at is not null)::integer,
                (lookback_state <> 'not_owed')::integer
            )
        ) as figure (code, part, whole)

),

of_incidents as (

    select
        figure.code,
        {{ local_day('incidents.happened_at') }} as day,
        incidents.region_code,
        figure.part
    from incidents
    cross join
        lateral (
            values
            ('accidents', 1),
            ('deaths', deaths),
            ('injuries', injuries),
            ('tolls_unknown', is_toll_unknown::integer)
        ) as figure (code, part)

),

of_zero_accident as (

    select
        case zero_accident.unit_kind
            when 'village' then 'zero_accident_villages_pct' else 'zero_accident_enterprises_pct'
        end as code,
        periods.through_on as day,
        zero_accident.region_code,
        zero_accident.region_level,
        zero_accident.n_zero as part,
        zero_accident.n_units as whole
    from zero_accident
    inner join periods on zero_accident.year = periods.year

),

---------- warnings and calls

-- added up first: there are thousands of pairs for each warning
pair_sums as (

    select
        warning_key,
        {{ local_day('sent_at') }} as day,
        region_code,
        count(*) filter (where is_key_enterprise) as n_key,
        count(*) filter (where is_key_enterprise and is_reached) as n_reached,
        count(*) filter (where is_key_enterprise and is_reached_in_time) as n_in_time,
        count(*) filter (where is_key_enterprise and is_reached and not is_by_hand) as n_by_machine,
        count(*) filter (where is_key_enterprise and receipt_state in ('ACKNOWLEDGED', 'ACTED')) as n_acknowledged,
        count(*) filter (where is_key_enterprise and receipt_state = 'ACTED') as n_acted,
        count(*) filter (where is_key_enterprise and is_work_stopped) as n_stopped,
        count(*) filter (
            where
            is_key_enterprise
            and is_work_stopped
            and is_onset_stated
            and stopped_lead_hours >= {{ var('stop_work_lead_goal_h') }}
        ) as n_stopped_ahead,
        sum(n_receipts) as n_receipts,
        sum(people_moved) as people_moved
    from warned
    group by warning_key, {{ local_day('sent_at') }}, region_code

),

-- a key enterprise under three warnings counts three times; receipts and people moved are those of all enterprises
of_pairs as (

    select
        figure.code,
        pair_sums.day,
        pair_sums.region_code,
        figure.part,
        figure.whole
    from pair_sums
    cross join
        lateral (
            values
            ('enterprises_warned', n_key, null),
            ('warnings_reached_pct', n_reached, n_key),
            ('warnings_in_time_pct', n_in_time, n_key),
            ('warnings_by_machine_pct', n_by_machine, n_key),
            ('warnings_acknowledged_pct', n_acknowledged, n_key),
            ('warnings_acted_pct', n_acted, n_key),
            ('work_stopped', n_stopped, null),
            ('work_stopped_ahead_pct', n_stopped_ahead, n_stopped),
            ('receipts', n_receipts, null),
            ('people_moved', people_moved, null)
        ) as figure (code, part, whole)

),

-- a warning counts once for each region, whoever stands in it
placed_messages as (

    select distinct
        pair_sums.warning_key,
        levels.region_code,
        levels.region_level
    from pair_sums
    cross join lateral {{ regions_above('pair_sums.region_code') }} as levels

),

of_messages as (

    select
        figure.code,
        leads.sent_on as day,
        placed_messages.region_code,
        placed_messages.region_level,
        figure.part,
        figure.whole
    from leads
    inner join placed_messages on leads.warning_key = placed_messages.warning_key
    left join messages on leads.warning_key = messages.warning_key
    cross join
        lateral (
            values
            ('warnings_sent', (messages.warning_key is not null)::integer, null),
            (
                'warnings_sent_grave',
                (messages.warning_key is not null and leads.colour in ('orange', 'red'))::integer,
                null
            ),
            ('warnings_rainstorm_ahead_pct', leads.is_lead_goal_met::integer, leads.is_lead_goal::integer)
        ) as figure (code, part, whole)

),

of_calls as (

    select
        figure.code,
        {{ local_day('calls.called_at') }} as day,
        calls.region_code,
        figure.part
    from calls
    cross join
        lateral (
            values
            ('forest_fire_calls', 1),
            ('forest_fires', (not is_false_alarm)::integer),
            ('burnt_ha', burnt_ha::numeric)
        ) as figure (code, part)

),

---------- what is watched

-- an episode beyond the outer limit lies within one beyond the inner; persons over quota are told anew in each snapshot
events as (

    select
        alarms.*,
        enterprises.industry,
        {{ local_day('alarms.started_at') }} as day
    from alarms
    left join enterprises
        on
            alarms.credit_code = enterprises.credit_code
            and enterprises.is_current
    where
        not (
            alarms.origin = 'derived'
            and alarms.limit_type in ('HH', 'LL')
            and exists (
                select 1 from alarms as wider
                where
                    alarms.feed_id = wider.feed_id
                    and alarms.point_code = wider.point_code
                    and alarms.variable = wider.variable
                    and wider.origin = 'derived'
                    and wider.limit_type in ('H', 'L')
                    and wider.started_at <= alarms.started_at
                    and coalesce(wider.ended_at, {{ forever() }}) > alarms.started_at
            )
        )
        and not (
            alarms.alarm_type = 'over_quota'
            and exists (
                select 1 from alarms as earlier
                where
                    alarms.feed_id = earlier.feed_id
                    and alarms.point_code = earlier.point_code
                    and alarms.alarm_type = earlier.alarm_type
                    and earlier.started_at < alarms.started_at
                    and earlier.started_at >= {{ day_start(local_day('alarms.started_at')) }}
            )
        )

),

of_alarms as (

    select
        figure.code,
        events.day,
        events.region_code,
        figure.part,
        figure.whole
    from events
    cross join
        lateral (
            values
            ('alarms', (origin = 'source')::integer, null),
            ('exceedances', (origin = 'derived')::integer, null),
            ('alarms_confirmed_pct', (origin = 'source' and is_confirmed)::integer, (origin = 'source')::integer),
            ('mine_alarms', (industry = 'coal_mine')::integer, null),
            ('gas_over_limit', (industry = 'coal_mine' and variable = 'methane_pct')::integer, null)
        ) as figure (code, part, whole)

),

of_findings as (

    select
        figure.code,
        {{ local_day('findings.found_at') }} as day,
        findings.region_code,
        figure.part,
        figure.whole
    from findings
    cross join
        lateral (
            values
            ('video_findings', 1, null),
            ('video_confirmed_pct', is_confirmed::integer, 1),
            ('video_handled', (is_confirmed and is_handled)::integer, null)
        ) as figure (code, part, whole)

),

of_coverage as (

    select
        'slots_received_pct' as code,
        coverage.day,
        sum(coverage.received_slots) as part,
        sum(coverage.expected_slots) as whole
    from coverage
    group by coverage.day

),

of_delays as (

    select
        'records_in_time_pct' as code,
        {{ local_day('delays.hour_at') }} as day,
        sum(delays.n_within_promise) as part,
        sum(delays.n) as whole
    from delays
    group by {{ local_day('delays.hour_at') }}

),

---------- the bureau's own ledgers: what has no place is its own

of_plans as (

    select
        figure.code,
        {{ local_day('figure.done_at') }} as day,
        coalesce(plans.region_code, bureau.region_code) as region_code,
        1 as part
    from plans
    cross join bureau
    cross join
        lateral (
            values
            ('plans_issued', issued_at),
            -- a first issue is no revision, also where both dates are filled in
            ('plans_revised', nullif(revised_at, issued_at)),
            ('plans_filed', filed_at),
            ('plans_reviewed', reviewed_at)
        ) as figure (code, done_at)

),

of_drills as (

    select
        figure.code,
        {{ local_day('drills.held_at') }} as day,
        case
            when drills.is_of_enterprise then drills.region_code
            else coalesce(drills.region_code, bureau.region_code)
        end as region_code,
        figure.part,
        figure.whole
    from drills
    cross join bureau
    cross join
        lateral (
            values
            ('drills', 1, null),
            ('drills_comprehensive', (drill_type = '综合演练')::integer, null),
            ('drills_special', (drill_type = '专项演练')::integer, null),
            ('drills_of_enterprises', is_of_enterprise::integer, null),
            ('drill_person_times', participants, null),
            ('drills_faster_pct', (faster_by_min > 0)::integer, (faster_by_min is not null)::integer)
        ) as figure (code, part, whole)

),

of_courses as (

    select
        figure.code,
        {{ local_day('courses.held_at') }} as day,
        figure.part
    from courses
    cross join
        lateral (
            values
            ('courses', 1),
            ('training_person_times', participants),
            ('certificates', certificates)
        ) as figure (code, part)

),

told as (

    select code, day, region_code, null as region_level, part, whole from of_inspections
    union all
    select code, day, region_code, region_level, part, whole from of_inspected
    union all
    select code, day, region_code, null as region_level, part, null as whole from of_documents
    union all
    select code, day, region_code, null as region_level, part, null as whole from of_cases
    union all
    select code, day, region_code, null as region_level, part, whole from of_dangers
    union all
    select code, day, region_code, null as region_level, part, null as whole from of_incidents
    union all
    select code, day, region_code, region_level, part, whole from of_zero_accident
    union all
    select code, day, region_code, null as region_level, part, whole from of_pairs
    union all
    select code, day, region_code, region_level, part, whole from of_messages
    union all
    select code, day, region_code, null as region_level, part, null as whole from of_calls
    union all
    select code, day, region_code, null as region_level, part, whole from of_alarms
    union all
    select code, day, region_code, null as region_level, part, whole from of_findings
    union all
    select code, day, bureau.region_code, null as region_level, part, whole from of_coverage cross join bureau
    union all
    select code, day, bureau.region_code, null as region_level, part, whole from of_delays cross join bureau
    union all
    select code, day, region_code, null as region_level, part, null as whole from of_plans
    union all
    select code, day, region_code, null as region_level, part, whole from of_drills
    union all
    select code, day, bureau.region_code, null as region_level, part, null as whole from of_courses cross join bureau

),

-- what is dated later than now is a slip of the pen or has not happened yet
final as (

    select
        code as figure_code,
        day,
        region_code,
        region_level,
        part::numeric as part,
        whole::numeric as whole
    from told
    where
        day <= {{ local_day(as_of()) }}
        and (part <> 0 or whole <> 0)

)

select * from final
