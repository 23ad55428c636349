{{ config(materialized='kept_table', unique_key=['object_id', 'village_code']) }}

-- One row per object and village within its reach (seed object_reach), whatever the object's level is now.
with

places as (

    select * from {{ ref('int_map__place') }}

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

reaches as (

    select * from {{ ref('object_reach') }}

),

final as (

    select
        objects.object_id,
        villages.place_id as village_code
    from objects
    inner join reaches on objects.object_type = reaches.object_type
    inner join places as villages
        on
            villages.place_kind = 'village'
            and st_dwithin(villages.location, objects.geometry::geography, reaches.reach_km * 1000)

)

select * from final
