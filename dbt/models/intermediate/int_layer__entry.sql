-- One row per thing that a layer of the map may be made of and time in which its register knew it: name of the entry
-- (point:register:category, object:type, enterprise:industry, village, personnel, plan) and county.
-- Registers of plans and villages keep no past: what they have now counts from when it was dated.
with

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where is_in_use

),

objects as (

    select * from {{ ref('dim_risk_object') }}
    where is_active

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where status <> 'closed'

),

villages as (

    select * from {{ ref('stg_village') }}

),

base_stations as (

    select * from {{ ref('stg_base_station') }}

),

areas as (

    select * from {{ ref('stg_mine_area') }}

),

plans as (

    select * from {{ ref('fct_plan') }}

),

final as (

    select
        'point:' || register || ':' || coalesce(category, '') as entry,
        {{ county_of('region_code') }} as county_code,
        valid_from,
        valid_to
    from points

    union all

    select
        'object:' || object_type as entry,
        {{ county_of('region_code') }} as county_code,
        valid_from,
        valid_to
    from objects

    union all

    select
        'enterprise:' || industry as entry,
        {{ county_of('region_code') }} as county_code,
        {{ enterprise_since('enterprises') }} as valid_from,
        valid_to
    from enterprises

    union all

    select
        'village' as entry,
        {{ county_of("case when village_code ~ '^[0-9]{12}$' then village_code else region_code end") }} as county_code,
        {{ day_start('make_date(year, 1, 1)') }} as valid_from,
        {{ forever() }} as valid_to
    from villages

    union all

    select
        'personnel' as entry,
        {{ county_of('mine_code') }} as county_code,
        {{ always() }} as valid_from,
        {{ forever() }} as valid_to
    from base_stations

    union all

    select
        'personnel' as entry,
        {{ county_of('mine_code') }} as county_code,
        {{ always() }} as valid_from,
        {{ forever() }} as valid_to
    from areas

    union all

    select
        'plan' as entry,
        {{ county_of('region_code') }} as county_code,
        coalesce(issued_at, last_updated_at, {{ always() }}) as valid_from,
        {{ forever() }} as valid_to
    from plans

)

select * from final
