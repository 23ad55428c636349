-- One row per record and the first day whose figures of coverage it may have changed, for those who ask about a batch.
-- An entry of a register touches all days: who was asked is another question than what came, and may be answered late.
with

observations as (

    select * from {{ ref('stg_observation') }}

),

positions as (

    select * from {{ ref('stg_person_position') }}

),

registers as (

    select * from {{ ref('int_register__history') }}

),

final as (

    select
        batch_id,
        {{ local_day('event_at') }} as changed_on
    from observations

    union all

    select
        batch_id,
        {{ local_day('event_at') }} as changed_on
    from positions

    union all

    -- a camera that fails today was online before
    select
        batch_id,
        case
            when register = 'camera_state' then {{ local_day('least(begins_at, changed_at, learned_at)') }}
            else '-infinity'::date
        end as changed_on
    from registers

    {% for register in [
        'dim_monitoring_point', 'dim_enterprise', 'stg_village', 'stg_risk_unit', 'stg_hazard_inventory',
        'stg_base_station', 'stg_mine_area', 'stg_emergency_plan',
    ] %}
        union all

        select
            batch_id,
            '-infinity'::date as changed_on
        from {{ ref(register) }}
    {% endfor %}

)

select * from final
