{{
    config(
        materialized='kept_table',
        unique_key=['target_type', 'target_code', 'feed_id', 'team_code'],
    )
}}

-- Kept, because geodesics are what costs, and places hardly ever move: what time changes stays in the views.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        is_current
        and status = 'active'
        and geometry is not null

),

villages as (

    select * from {{ ref('int_village__current') }}
    where geometry is not null

),

teams as (

    select * from {{ ref('stg_rescue_team') }}
    where geometry is not null

),

targets as (

    select
        'enterprise' as target_type,
        credit_code as target_code,
        geometry
    from enterprises

    union all

    select
        'village' as target_type,
        village_code as target_code,
        geometry
    from villages

),

final as (

    select
        targets.target_type,
        targets.target_code,
        teams.feed_id,
        teams.team_code,
        st_distance(targets.geometry::geography, teams.geometry::geography) / 1000 as distance_km
    from targets
    cross join teams

)

select * from final
