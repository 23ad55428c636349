-- One row per plan and feed, in its present version: the source keeps no older ones.
with

plans as (

    select * from {{ ref('stg_emergency_plan') }}

),

drills as (

    select * from {{ ref('stg_drill') }}
    where held_at <= {{ as_of() }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

placed as (

    select
        plans.*,
        enterprises.credit_code,
        coalesce(plans.region_code, enterprises.region_code) as placed_region_code,
        -- what is dated later than now is a slip of the pen, and no evidence of an update
        case
            when greatest(plans.issued_at, plans.revised_at) <= {{ as_of() }}
                then greatest(plans.issued_at, plans.revised_at)
        end as last_updated_at
    from plans
    left join aliases on plans.enterprise_code = aliases.code
    left join enterprises on aliases.credit_code = enterprises.credit_code

),

of_plans as (

    select
        plan_code,
        max(held_at) as held_at
    from drills
    where plan_code is not null
    group by plan_code

),

-- drills that do not say which plan was tried
of_enterprises as (

    select
        coalesce(aliases.credit_code, drills.enterprise_code) as enterprise,
        max(drills.held_at) as held_at
    from drills
    left join aliases on drills.enterprise_code = aliases.code
    where
        drills.plan_code is null
        and drills.enterprise_code is not null
    group by coalesce(aliases.credit_code, drills.enterprise_code)

),

of_nobody as (

    select max(held_at) as held_at from drills
    where
        plan_code is null
        and enterprise_code is null

),

drilled as (

    select
        placed.*,
        case
            when of_plans.held_at >= coalesce(of_enterprises.held_at, of_plans.held_at) then 'plan'
            when of_enterprises.held_at is not null then 'enterprise'
            else 'none'
        end as drill_match,
        greatest(of_plans.held_at, of_enterprises.held_at) as last_drilled_at,
        of_nobody.held_at as last_unnamed_drill_at
    from placed
    left join of_plans on placed.plan_code = of_plans.plan_code
    left join of_enterprises on coalesce(placed.credit_code, placed.enterprise_code) = of_enterprises.enterprise
    cross join of_nobody

),

final as (

    select
        ---------- ids
        feed_id,
        plan_code,
        credit_code,
        enterprise_code,
        placed_region_code as region_code,

        ---------- attributes
        plan_name,
        plan_type,
        owner_name,
        version,
        state,
        coalesce(state, '') <> '废止' as is_in_force,
        filed_at is not null as is_filed,
        reviewed_at is not null as is_reviewed,
        {{ local_day('valid_until') }} < {{ local_day(as_of()) }} as is_expired,
        last_updated_at < {{ as_of() }} - interval '{{ var("plan_update_years") }} years' as is_outdated,

        ---------- clocks
        issued_at,
        filed_at,
        revised_at,
        reviewed_at,
        valid_until,
        last_updated_at,
        updated_at as entry_updated_at,

        ---------- drills
        last_drilled_at,
        drill_match,
        case
            when last_drilled_at > {{ as_of() }} - interval '1 year' then true
            -- an authority's drill that names no plan may have been of this one
            when enterprise_code is null and last_unnamed_drill_at > {{ as_of() }} - interval '1 year' then null
            else false
        end as is_drilled_in_year,

        ---------- origin
        {{ as_of() }} as as_of,
        batch_id
    from drilled

)

select * from final
