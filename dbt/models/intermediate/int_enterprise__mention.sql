-- One row per feed, column of landing and pair of code and name by which it names an enterprise, exactly as sent.
-- Registers of points stand for what the points measure: their observations name owners by the same codes.
with

feeds as (

    select * from {{ ref('dim_feed') }}
    where domain not in ('weather', 'water')

),

places as (

    {{ enterprise_mentions('stg_sensor', 'mine_code', 'defined_at', name='mine_name') }}
    union all
    {{ enterprise_mentions('stg_equipment_point', 'mine_code', 'defined_at', name='mine_name') }}
    union all
    {{ enterprise_mentions('stg_water_point', 'mine_code', 'defined_at', name='mine_name') }}
    union all
    {{ enterprise_mentions('stg_mine_area', 'mine_code', 'issued_at', name='mine_name') }}
    union all
    {{ enterprise_mentions('stg_mine_person', 'mine_code', 'issued_at', name='mine_name') }}
    union all
    -- at stations of weather and water an authority is no enterprise
    {{ enterprise_mentions('stg_station', 'authority', 'modified_at',
        where='feed_id in (select feeds.feed_id from feeds)') }}
    union all
    {{ enterprise_mentions('stg_alarm', 'owner_code', 'started_at') }}
    union all
    {{ enterprise_mentions('stg_camera', 'enterprise_code', 'installed_at') }}
    union all
    {{ enterprise_mentions('stg_ai_finding', 'enterprise_code', 'found_at') }}
    union all
    {{ enterprise_mentions('stg_risk_unit', 'enterprise_code', 'created_at') }}
    union all
    {{ enterprise_mentions('stg_maintenance_stop', 'enterprise_code', 'stopped_at') }}
    union all
    {{ enterprise_mentions('stg_safety_promise', 'enterprise_code', 'promised_at') }}
    union all
    {{ enterprise_mentions('stg_work_ticket', 'enterprise_code', 'created_at') }}
    union all
    {{ enterprise_mentions('stg_hidden_danger', 'enterprise_code', 'found_at') }}
    union all
    {{ enterprise_mentions('stg_hidden_danger', 'mine_code', 'found_at') }}
    union all
    {{ enterprise_mentions('stg_inspection', 'enterprise_code', 'checked_at', name='enterprise_name') }}
    union all
    {{ enterprise_mentions('stg_enforcement_case', 'enterprise_code', 'filed_at', name='enterprise_name') }}
    union all
    {{ enterprise_mentions('stg_incident', 'enterprise_code', 'happened_at', name='enterprise_name') }}
    union all
    {{ enterprise_mentions('stg_enterprise_credit', 'enterprise_code', 'listed_at', name='enterprise_name') }}
    union all
    {{ enterprise_mentions('stg_supply_link', 'supplier_code', 'valid_from', name='supplier_name') }}
    union all
    {{ enterprise_mentions('stg_supply_link', 'customer_code', 'valid_from', name='customer_name') }}
    union all
    {{ enterprise_mentions('stg_warning_receipt', 'enterprise_code', 'sent_at', name='enterprise_name') }}
    union all
    {{ enterprise_mentions('stg_emergency_plan', 'enterprise_code', 'issued_at') }}
    union all
    {{ enterprise_mentions('stg_drill', 'enterprise_code', 'held_at') }}
    union all
    {{ enterprise_mentions('stg_rescue_team', 'enterprise_code', 'updated_at') }}
    union all
    -- tanks and villages have responsible persons too, under codes of their own
    {{ enterprise_mentions('stg_responsible_person', 'object_code', 'valid_from',
        where=code_kind(normal_code('object_code')) ~ " = 'credit_code'") }}

),

final as (

    select
        feed_id,
        place,
        code,
        name,
        min(named_at) as first_named_at,
        max(named_at) as last_named_at,
        count(*) as n_records
    from places
    where code is not null or name is not null
    group by feed_id, place, code, name

)

select * from final
