-- One row per enterprise in operation: the four-colour control list 四色管控清单.
with

enterprises as (

    select * from {{ ref('int_enterprise__control') }}
    where status = 'active'

),

final as (

    select
        ---------- ids
        credit_code,
        region_code,

        ---------- attributes
        enterprise_name,
        industry,
        is_key_enterprise,
        employees,

        ---------- levels
        static_level,
        dynamic_level,
        level,

        ---------- control
        control_level,
        control_level_name,
        check_interval_days,
        last_checked_at,
        check_due_at,
        check_state,
        check_state = 'met' as is_frequency_met,
        case
            when check_state = 'overdue' then extract(epoch from {{ as_of() }} - check_due_at)::double precision / 86400
        end as check_overdue_days,
        n_responsible,
        responsible_roles,
        n_responsible > 0 as has_responsible,

        ---------- what is open
        n_open_dangers,
        n_open_major,
        n_overdue_dangers,
        n_overdue_major,
        rechecks_missed_running,
        credit_list,
        credit_score,
        credit_quarter,
        is_blacklisted,
        {{ as_of() }} as as_of
    from enterprises

)

select * from final
