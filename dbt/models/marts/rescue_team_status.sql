-- One row per county and type of team.
with

teams as (

    select * from {{ ref('rescue_resource') }}

),

final as (

    select
        left(region_code, 6) as region_code,
        team_type,
        duty_kind,
        count(*)::integer as n_teams,
        coalesce(sum(members), 0)::integer as members,
        coalesce(sum(vehicles), 0)::integer as vehicles,
        count(*) filter (where is_on_duty)::integer as n_on_duty,
        count(is_qualified)::integer as n_assessed,
        count(*) filter (where is_qualified)::integer as n_qualified,
        100::double precision * count(*) filter (where is_qualified) / nullif(count(is_qualified), 0) as qualified_pct,
        count(*) filter (where n_other_teams_of_leader > 0 or n_other_teams_of_phone > 0)::integer as n_sharing_people,
        count(*) filter (where has_equipment_list)::integer as n_with_equipment_list,
        coalesce(sum(members) filter (where has_equipment_list), 0)::integer as members_listed,
        coalesce(sum(equipped_members), 0)::integer as equipped_members,
        100::double precision * coalesce(sum(equipped_members), 0)
        / nullif(sum(members) filter (where has_equipment_list), 0) as equipped_pct,
        coalesce(sum(callouts_at_least), 0)::integer as callouts_at_least,
        coalesce(sum(robot_callouts), 0)::integer as robot_callouts,
        100::double precision * coalesce(sum(robot_callouts), 0) / nullif(sum(callouts_at_least), 0) as robot_pct,
        {{ as_of() }} as as_of
    from teams
    group by left(region_code, 6), team_type, duty_kind

)

select * from final
