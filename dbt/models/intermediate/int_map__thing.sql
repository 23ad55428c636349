-- One row per object, enterprise and village, with the region and the cell that it counts for, and what is known now.
-- A village is exposed if it lies within reach of an object that is red or orange; else unjudged if within reach of one
-- whose level nobody knows, or if nobody knows where the village lies. An enterprise is at risk if an object of its own
-- is red or orange.
with

objects as (

    select * from {{ ref('one_map_object') }}

),

owners as (

    select * from {{ ref('int_risk__object') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current and status <> 'closed'

),

villages as (

    select * from {{ ref('int_map__village') }}

),

reaches as (

    select * from {{ ref('int_map__reach') }}

),

places as (

    select * from {{ ref('int_map__place') }}

),

reached as (

    select
        reaches.village_code,
        bool_or(objects.level in ('red', 'orange')) as is_exposed,
        bool_or(objects.level = 'unknown') as is_unjudged
    from reaches
    inner join objects on reaches.object_id = objects.object_id
    group by reaches.village_code

),

owners_at_risk as (

    select distinct owners.credit_code
    from owners
    inner join objects on owners.object_id = objects.object_id
    where
        owners.credit_code is not null
        and objects.level in ('red', 'orange')

),

things as (

    select
        'object' as thing,
        object_id as thing_id,
        level,
        drivers,
        null::bigint as people,
        null::boolean as is_key_enterprise,
        null::text as exposure
    from objects

    union all

    select
        'enterprise' as thing,
        enterprises.credit_code as thing_id,
        null as level,
        null as drivers,
        enterprises.employees as people,
        enterprises.is_key_enterprise,
        case when owners_at_risk.credit_code is not null then 'exposed' end as exposure
    from enterprises
    left join owners_at_risk on enterprises.credit_code = owners_at_risk.credit_code

    union all

    select
        'village' as thing,
        villages.village_code as thing_id,
        null as level,
        null as drivers,
        villages.population as people,
        null as is_key_enterprise,
        case
            when reached.is_exposed then 'exposed'
            when reached.is_unjudged or villages.geometry is null then 'unjudged'
        end as exposure
    from villages
    left join reached on villages.village_code = reached.village_code

),

final as (

    select
        things.*,
        places.region_code,
        places.cell_id
    from things
    left join places
        on
            things.thing = places.place_kind
            and things.thing_id = places.place_id

)

select * from final
