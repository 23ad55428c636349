-- One row per hidden danger 隐患: found, registered, rectified, accepted, closed; what the clock says about its deadline.
with

dangers as (

    select * from {{ ref('int_hazard__standing') }}

),

repeats as (

    select * from {{ ref('int_hazard__repeat') }}

),

inspections as (

    select * from {{ ref('stg_inspection') }}

),

codes as (

    select * from {{ ref('dim_enterprise_alias') }}

),

checks as (

    select
        codes.credit_code,
        inspections.inspection_code,
        inspections.checked_at
    from inspections
    inner join codes on inspections.enterprise_code = codes.code

),

-- 回头看: the first check of the enterprise after a major danger had ended
looked_back as (

    select distinct on (dangers.danger_code)
        dangers.danger_code,
        checks.inspection_code,
        checks.checked_at
    from dangers
    inner join checks
        on
            dangers.credit_code = checks.credit_code
            and dangers.ended_at < checks.checked_at
    where
        dangers.is_major
        and checks.checked_at <= {{ as_of() }}
    order by dangers.danger_code, checks.checked_at, checks.inspection_code

),

judged as (

    select
        dangers.*,
        dangers.stage in ('found', 'registered') as is_open,
        dangers.stage = 'closed' as is_closed,
        coalesce(repeats.is_possible_duplicate, false) as is_possible_duplicate,
        repeats.duplicate_of,
        repeats.recurs_danger_code is not null as is_recurrence,
        repeats.recurs_danger_code,
        repeats.recurred_at,
        looked_back.checked_at as looked_back_at,
        looked_back.inspection_code as lookback_inspection_code,
        (
            dangers.found_at > dangers.rectified_at
            or dangers.rectified_at > dangers.accepted_at
            or dangers.found_at > dangers.ended_at
            or dangers.found_at > dangers.deadline_at
        ) is true as has_contradicting_times,
        case
            when dangers.deadline_at is null then 'no_deadline'
            when dangers.deadline_at < dangers.found_at then 'contradictory'
            when dangers.stage in ('found', 'registered')
                then case when {{ as_of() }} > dangers.deadline_at then 'overdue' else 'pending' end
            -- where only the acceptance is known, the danger was rectified by then at the latest
            when coalesce(dangers.rectified_at, dangers.accepted_at, dangers.closed_at) <= dangers.deadline_at
                then 'met'
            when dangers.rectified_at > dangers.deadline_at then 'missed'
            else 'undated'
        end as deadline_state
    from dangers
    left join repeats on dangers.danger_code = repeats.danger_code
    left join looked_back on dangers.danger_code = looked_back.danger_code

),

final as (

    select
        ---------- ids
        danger_code,
        feed_id,
        n_feeds,
        enterprise_code,
        mine_code,
        credit_code,
        region_code,
        order_code,

        ---------- attributes
        danger_name,
        danger_level,
        is_major,
        category,
        source_kind,
        place,
        description,
        manage_type,
        responsible_unit,
        responsible_person_hash,
        cost_cny,

        ---------- life cycle
        stage,
        is_open,
        is_closed,
        found_at,
        registered_at,
        rectified_at,
        accepted_at,
        closed_at,
        {{ hours_between('found_at', 'registered_at') }} as register_h,
        {{ hours_between('found_at', 'rectified_at') }} as rectify_h,
        {{ hours_between('rectified_at', 'accepted_at') }} as accept_h,
        {{ hours_between('found_at', 'closed_at') }} as close_h,
        has_contradicting_times,
        is_rectification_refused,
        is_acceptance_failed,

        ---------- deadline
        deadline_at,
        deadline_source,
        deadline_state,
        deadline_state = 'overdue' as is_overdue,
        case
            when deadline_state = 'overdue'
                then extract(epoch from {{ as_of() }} - deadline_at)::double precision / 86400
            when deadline_state = 'missed'
                then extract(epoch from rectified_at - deadline_at)::double precision / 86400
        end as overdue_days,

        ---------- supervision, look back, recurrence
        is_supervised,
        is_major and is_open and not is_supervised as is_supervision_owed,
        looked_back_at,
        lookback_inspection_code,
        case
            when not is_major or stage not in ('accepted', 'closed') then 'not_owed'
            when recurred_at is not null then 'recurred'
            when looked_back_at is not null then 'held'
            else 'not_made'
        end as lookback_state,
        is_recurrence,
        recurs_danger_code,
        recurred_at,
        is_possible_duplicate,
        duplicate_of,

        ---------- clocks and origin
        updated_at,
        landed_at,
        batch_id,
        {{ as_of() }} as as_of
    from judged

)

select * from final
