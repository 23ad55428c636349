-- One row per hazchem enterprise in operation, or that pushes: double prevention 双重预防, and the checks that are owed.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

units as (

    select * from {{ ref('stg_risk_unit') }}
    where not is_deleted

),

events as (

    select * from {{ ref('stg_risk_event') }}
    where not is_deleted

),

measures as (

    select * from {{ ref('stg_control_measure') }}
    where not is_deleted

),

missions as (

    select * from {{ ref('stg_check_mission') }}
    where not is_deleted

),

records as (

    select * from {{ ref('stg_check_record') }}
    where not is_deleted

),

cycles as (

    select * from {{ ref('check_cycle') }}

),

judged_missions as (

    select
        missions.*,
        missions.cycle * cycles.cycle_h * 3600 as cycle_s
    from missions
    left join cycles
        on
            missions.cycle_unit = cycles.cycle_unit
            and missions.cycle > 0

),

reach as (

    select {{ as_of() }} - {{ assumed('mission_window_days') }} * interval '1 day' as since

),

-- a slot is owed once it is over; the one that runs is pending
slots as (

    select
        judged_missions.feed_id,
        judged_missions.mission_code,
        judged_missions.enterprise_code,
        judged_missions.starts_at + slot.number * judged_missions.cycle_s * interval '1 second' as starts_at,
        judged_missions.starts_at + (slot.number + 1) * judged_missions.cycle_s * interval '1 second' as ends_at
    from judged_missions
    cross join reach
    cross join lateral generate_series(
        greatest(
            0, ceil(extract(epoch from reach.since - judged_missions.starts_at) / judged_missions.cycle_s)
        )::bigint,
        floor(extract(epoch from {{ as_of() }} - judged_missions.starts_at) / judged_missions.cycle_s)::bigint - 1
    ) as slot (number)

),

done as (

    select
        slots.enterprise_code,
        count(*) as n_checks_owed,
        count(*) filter (where was.is_checked) as n_checks_done
    from slots
    inner join lateral (
        select
            exists(
                select 1 from records
                where
                    slots.feed_id = records.feed_id
                    and slots.mission_code = records.mission_code
                    and slots.starts_at <= records.checked_at
                    and slots.ends_at > records.checked_at
            ) as is_checked
    ) as was on true
    group by slots.enterprise_code

),

parts as (

    select
        enterprise_code,
        'unit' as part,
        count(*) as n,
        max(updated_at) as last_at
    from units
    group by enterprise_code

    union all

    select
        enterprise_code,
        'event' as part,
        count(*) as n,
        max(updated_at) as last_at
    from events
    group by enterprise_code

    union all

    select
        enterprise_code,
        'measure' as part,
        count(*) as n,
        max(updated_at) as last_at
    from measures
    group by enterprise_code

    union all

    select
        enterprise_code,
        'mission' as part,
        count(*) as n,
        max(updated_at) as last_at
    from missions
    group by enterprise_code

    union all

    select
        enterprise_code,
        'mission_unjudged' as part,
        count(*) as n,
        null as last_at
    from judged_missions
    where
        cycle_s is null
        or starts_at is null
    group by enterprise_code

    union all

    select
        enterprise_code,
        'check' as part,
        count(*) as n,
        max(checked_at) as last_at
    from records
    group by enterprise_code

    union all

    select
        enterprise_code,
        'owed' as part,
        n_checks_owed as n,
        null as last_at
    from done

    union all

    select
        enterprise_code,
        'done' as part,
        n_checks_done as n,
        null as last_at
    from done

),

-- an enterprise may push under more than one code
pushed as (

    select
        coalesce(aliases.credit_code, parts.enterprise_code) as owner_code,
        max(aliases.credit_code) as credit_code,
        coalesce(sum(parts.n) filter (where parts.part = 'unit'), 0)::bigint as n_units,
        coalesce(sum(parts.n) filter (where parts.part = 'event'), 0)::bigint as n_events,
        coalesce(sum(parts.n) filter (where parts.part = 'measure'), 0)::bigint as n_measures,
        coalesce(sum(parts.n) filter (where parts.part = 'mission'), 0)::bigint as n_missions,
        coalesce(sum(parts.n) filter (where parts.part = 'mission_unjudged'), 0)::bigint as n_missions_unjudged,
        coalesce(sum(parts.n) filter (where parts.part = 'owed'), 0)::bigint as n_checks_owed,
        coalesce(sum(parts.n) filter (where parts.part = 'done'), 0)::bigint as n_checks_done,
        max(parts.last_at) filter (where parts.part = 'check') as last_checked_at,
        max(parts.last_at) filter (where parts.part <> 'check') as last_changed_at
    from parts
    left join aliases on parts.enterprise_code = aliases.code
    group by coalesce(aliases.credit_code, parts.enterprise_code)

),

plants as (

    select credit_code as owner_code
    from enterprises
    where
        industry = 'hazchem'
        and status = 'active'
    union
    select owner_code from pushed

),

final as (

    select
        plants.owner_code,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.region_code,
        enterprises.static_level,
        pushed.owner_code is not null as is_reporting,
        coalesce(pushed.n_units, 0) as n_units,
        coalesce(pushed.n_events, 0) as n_events,
        coalesce(pushed.n_measures, 0) as n_measures,
        coalesce(pushed.n_missions, 0) as n_missions,
        coalesce(pushed.n_missions_unjudged, 0) as n_missions_unjudged,
        coalesce(pushed.n_checks_owed, 0) as n_checks_owed,
        coalesce(pushed.n_checks_done, 0) as n_checks_done,
        {{ pct('pushed.n_checks_done', 'pushed.n_checks_owed') }} as checks_done_pct,
        pushed.last_checked_at,
        pushed.last_changed_at,
        {{ as_of() }} as as_of
    from plants
    left join pushed on plants.owner_code = pushed.owner_code
    left join enterprises on plants.owner_code = enterprises.credit_code

)

select * from final
