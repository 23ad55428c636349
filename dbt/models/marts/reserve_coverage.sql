-- One row per village and hazard. A village is covered against a hazard if each item that the hazard asks for lies,
-- usable and in the quantity asked for, in some depot within the radius: it need not be the same depot.
with

villages as (

    select * from {{ ref('int_village__current') }}

),

stock as (

    select * from {{ ref('fct_reserve_stock') }}

),

depots as (

    {{ listed('stg_reserve_depot', 'reserve_depot', 'depot_code') }}

),

needs as (

    select * from {{ ref('reserve_requirement') }}

),

held as (

    select
        stock.feed_id,
        stock.depot_code,
        needs.hazard_type,
        needs.item,
        max(stock.depot_name) as depot_name
    from stock
    inner join needs
        on concat_ws(' ', stock.item_name, stock.item_category) like '%' || needs.item || '%'
    group by stock.feed_id, stock.depot_code, needs.hazard_type, needs.item, needs.minimum_quantity
    having sum(stock.usable_quantity::numeric) >= needs.minimum_quantity

),

distances as (

    select
        places.*,
        depots.depot_name
    from {{ ref('int_reserve__distance') }} as places
    inner join depots
        on
            places.feed_id = depots.feed_id
            and places.depot_code = depots.depot_code

),

nearest as (

    select distinct on (village_code)
        village_code,
        depot_code,
        depot_name,
        distance_km
    from distances
    order by village_code, distance_km, feed_id, depot_code

),

reached as (

    select
        distances.village_code,
        held.hazard_type,
        held.item,
        min(distances.distance_km) as distance_km
    from distances
    inner join held
        on
            distances.feed_id = held.feed_id
            and distances.depot_code = held.depot_code
    group by distances.village_code, held.hazard_type, held.item

),

judged as (

    select
        villages.village_code,
        needs.hazard_type,
        count(*)::integer as n_items,
        count(*) filter (where reached.distance_km <= needs.radius_km)::integer as n_items_in_reach,
        max(needs.radius_km) as radius_km,
        case when count(reached.distance_km) = count(*) then max(reached.distance_km) end as covering_km,
        array_agg(needs.item order by needs.item)
        filter (where coalesce(reached.distance_km > needs.radius_km, true)) as missing_items
    from villages
    cross join needs
    left join reached
        on
            villages.village_code = reached.village_code
            and needs.hazard_type = reached.hazard_type
            and needs.item = reached.item
    group by villages.village_code, needs.hazard_type

),

evidence as (

    select count(*) > 0 as has_stock from stock

),

final as (

    select
        judged.village_code,
        judged.hazard_type,
        villages.region_code,
        villages.town_code,
        villages.village_name,
        villages.town_name,
        villages.population,
        nearest.depot_code as nearest_depot_code,
        nearest.depot_name as nearest_depot_name,
        nearest.distance_km as nearest_depot_km,
        judged.covering_km,
        judged.radius_km,
        judged.n_items,
        judged.n_items_in_reach,
        judged.missing_items,
        -- without a place of the village or any count of stock nobody can say
        case
            when villages.geometry is not null and evidence.has_stock
                then judged.n_items_in_reach = judged.n_items
        end as is_covered,
        villages.geometry,
        {{ as_of() }} as as_of
    from judged
    inner join villages on judged.village_code = villages.village_code
    left join nearest on judged.village_code = nearest.village_code
    cross join evidence

)

select * from final
