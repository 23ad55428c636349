-- One row per county and type of equipment: what could be lent.
with

equipment as (

    select * from {{ ref('int_rescue__equipment') }}

),

teams as (

    select * from {{ ref('stg_rescue_team') }}

),

final as (

    select
        left(teams.region_code, 6) as region_code,
        equipment.equipment_type,
        count(distinct concat_ws(' ', equipment.feed_id, equipment.team_code))::integer as n_teams,
        count(distinct concat_ws(' ', equipment.feed_id, equipment.team_code)) filter (
            where equipment.usable_quantity > 0
        )::integer as n_teams_with_usable,
        coalesce(sum(equipment.quantity), 0)::integer as quantity,
        coalesce(sum(equipment.usable_quantity), 0)::integer as usable_quantity,
        coalesce(sum(equipment.expired_quantity), 0)::integer as expired_quantity,
        100::double precision * sum(equipment.usable_quantity) / nullif(sum(equipment.quantity), 0) as usable_pct,
        coalesce(sum(equipment.usable_quantity) filter (where teams.enterprise_code is null), 0)::integer
            as public_usable_quantity,
        coalesce(sum(equipment.used_count), 0)::integer as used_count,
        {{ as_of() }} as as_of
    from equipment
    left join teams
        on
            equipment.feed_id = teams.feed_id
            and equipment.team_code = teams.team_code
    group by left(teams.region_code, 6), equipment.equipment_type

)

select * from final
