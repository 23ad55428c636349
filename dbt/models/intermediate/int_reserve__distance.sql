{{
    config(
        materialized='kept_table',
        unique_key=['village_code', 'feed_id', 'depot_code'],
    )
}}

-- Kept, because geodesics are what costs, and places hardly ever move: what time changes stays in the views.
with

villages as (

    select * from {{ ref('int_village__current') }}
    where geometry is not null

),

depots as (

    select * from ({{ listed('stg_reserve_depot', 'reserve_depot', 'depot_code') }}) as listed
    where geometry is not null

),

final as (

    select
        villages.village_code,
        depots.feed_id,
        depots.depot_code,
        st_distance(villages.geometry::geography, depots.geometry::geography) / 1000 as distance_km
    from villages
    cross join depots

)

select * from final
