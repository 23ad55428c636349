-- One row per target and type of equipment: the nearest team that has it, usable; `any` is the nearest team whatever it
-- has. Distances on the spheroid, as the crow flies.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        is_current
        and status = 'active'

),

villages as (

    select * from {{ ref('int_village__current') }}

),

teams as (

    select * from {{ ref('stg_rescue_team') }}

),

equipment as (

    select * from {{ ref('int_rescue__equipment') }}

),

targets as (

    select
        'enterprise' as target_type,
        credit_code as target_code,
        enterprise_name as target_name,
        region_code
    from enterprises

    union all

    select
        'village' as target_type,
        village_code as target_code,
        village_name as target_name,
        region_code
    from villages

),

types as (

    select 'any' as equipment_type
    union distinct
    select equipment_type from equipment
    where equipment_type is not null

),

holders as (

    select
        feed_id,
        team_code,
        'any' as equipment_type,
        null::bigint as usable_quantity
    from teams

    union all

    select
        feed_id,
        team_code,
        equipment_type,
        sum(usable_quantity) as usable_quantity
    from equipment
    group by feed_id, team_code, equipment_type
    having sum(usable_quantity) > 0

),

distances as (

    select
        places.*,
        teams.team_name,
        teams.is_on_duty,
        teams.members
    from {{ ref('int_rescue__distance') }} as places
    inner join teams
        on
            places.feed_id = teams.feed_id
            and places.team_code = teams.team_code

),

nearest as (

    select distinct on (distances.target_type, distances.target_code, holders.equipment_type)
        distances.*,
        holders.equipment_type,
        holders.usable_quantity
    from distances
    inner join holders
        on
            distances.feed_id = holders.feed_id
            and distances.team_code = holders.team_code
    order by
        distances.target_type,
        distances.target_code,
        holders.equipment_type,
        distances.distance_km,
        distances.feed_id,
        distances.team_code

),

final as (

    select
        targets.target_type,
        targets.target_code,
        types.equipment_type,
        targets.region_code,
        targets.target_name,
        nearest.team_code,
        nearest.team_name,
        nearest.is_on_duty,
        nearest.members,
        nearest.usable_quantity::integer as usable_quantity,
        nearest.distance_km,
        {{ as_of() }} as as_of
    from targets
    cross join types
    left join nearest
        on
            targets.target_type = nearest.target_type
            and targets.target_code = nearest.target_code
            and types.equipment_type = nearest.equipment_type

)

select * from final
