-- One row per team.
with

teams as (

    select * from {{ ref('stg_rescue_team') }}

),

equipment as (

    select * from {{ ref('int_rescue__equipment') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

of_kinds as (

    select
        feed_id,
        team_code,
        equipment_type,
        sum(quantity) as quantity,
        sum(usable_quantity) as usable_quantity,
        max(used_count) as used_count
    from equipment
    group by feed_id, team_code, equipment_type

),

of_teams as (

    select
        feed_id,
        team_code,
        jsonb_object_agg(equipment_type, usable_quantity)
        filter (where equipment_type is not null) as usable_by_type,
        sum(quantity)::integer as equipment_quantity,
        sum(usable_quantity)::integer as equipment_usable_quantity,
        coalesce(sum(usable_quantity) filter (where equipment_type = '个人防护'), 0) as protection_quantity,
        max(used_count) as callouts_at_least,
        max(used_count) filter (where equipment_type = '机器人') as robot_callouts
    from of_kinds
    group by feed_id, team_code

),

final as (

    select
        ---------- ids
        teams.feed_id,
        teams.team_code,
        enterprises.credit_code,
        teams.enterprise_code,
        teams.region_code,

        ---------- attributes
        teams.team_name,
        teams.team_type,
        case
            when teams.team_type in ('综合救援队', '专业救援队') then 'full_time'
            when teams.team_type = '企业兼职队' then 'part_time'
            when teams.team_type in ('社会救援队', '志愿者队伍') then 'voluntary'
            else 'unknown'
        end as duty_kind,
        teams.owner_name,
        teams.members,
        teams.vehicles,
        teams.is_on_duty,
        teams.is_qualified,
        teams.geometry,

        ---------- the same people in several teams, as far as leaders and telephones show it
        case
            when teams.leader_hash is not null then count(*) over (partition by teams.leader_hash) - 1
        end::integer as n_other_teams_of_leader,
        case
            when teams.phone_hash is not null then count(*) over (partition by teams.phone_hash) - 1
        end::integer as n_other_teams_of_phone,

        ---------- equipment
        of_teams.team_code is not null as has_equipment_list,
        of_teams.usable_by_type,
        of_teams.equipment_quantity,
        of_teams.equipment_usable_quantity,
        case
            when of_teams.team_code is not null then least(of_teams.protection_quantity, teams.members)
        end::integer as equipped_members,
        of_teams.callouts_at_least,
        of_teams.robot_callouts,

        ---------- clocks
        teams.assessed_at,
        teams.updated_at as entry_updated_at,
        {{ as_of() }} as as_of,

        ---------- origin
        teams.batch_id
    from teams
    left join of_teams
        on
            teams.feed_id = of_teams.feed_id
            and teams.team_code = of_teams.team_code
    left join aliases on teams.enterprise_code = aliases.code
    left join enterprises on aliases.credit_code = enterprises.credit_code

)

select * from final
