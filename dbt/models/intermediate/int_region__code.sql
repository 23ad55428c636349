-- One row per county, city or province code that we know and time in which it meant one area, with the code of that
-- area today: itself, what it was renamed to or merged into, step by step, or null where it was divided since then. A
-- code that is retired is still written for years: its last meaning has no end.
with recursive

boundaries as (

    select region_code from {{ source('reference', 'region_boundary') }}

),

changes as (

    select
        *,
        {{ day_start('changed_on') }} as changed_at
    from {{ ref('region_change') }}

),

codes as (

    select region_code from boundaries
    union
    select old_code from changes
    union
    select new_code from changes

),

-- a code begins to mean something when it begins, and again whenever its area is divided or grows
beginnings as (

    select
        region_code,
        {{ always() }} as valid_from
    from codes
    where
        not exists (
            select 1 from changes
            where
                codes.region_code = changes.new_code
                and changes.is_new_code
        )
    union
    select
        new_code as region_code,
        changed_at as valid_from
    from changes

),

meanings as (

    select
        region_code,
        valid_from,
        lead(valid_from, 1, {{ forever() }}) over (partition by region_code order by valid_from) as valid_to
    from beginnings

),

walk as (

    select
        region_code as start_code,
        valid_from as start_from,
        region_code,
        valid_from as at,
        true as is_same_area,
        0 as steps
    from meanings

    union all

    select
        walk.start_code,
        walk.start_from,
        changes.new_code as region_code,
        changes.changed_at as at,
        walk.is_same_area and changes.kind = 'renamed' as is_same_area,
        walk.steps + 1 as steps
    from walk
    inner join changes
        on
            walk.region_code = changes.old_code
            and walk.at < changes.changed_at
            and walk.steps < 20
    -- the next change of that code only
    where not exists (
        select 1 from changes as earlier
        where
            walk.region_code = earlier.old_code
            and earlier.changed_at > walk.at
            and earlier.changed_at < changes.changed_at
    )

),

ends as (

    select
        start_code,
        start_from,
        count(distinct region_code) as n_codes,
        min(region_code) as region_code,
        bool_and(
            is_same_area
            -- and did not grow afterwards
            and not exists (
                select 1 from changes
                where
                    walk.region_code = changes.new_code
                    and walk.at < changes.changed_at
            )
        ) as is_same_area
    from walk
    where
        not exists (
            select 1 from changes
            where
                walk.region_code = changes.old_code
                and walk.at < changes.changed_at
        )
    group by start_code, start_from

),

final as (

    select
        meanings.region_code,
        meanings.valid_from,
        meanings.valid_to,
        case when ends.n_codes = 1 then ends.region_code end as current_code,
        ends.n_codes = 1 and ends.is_same_area as is_same_area,
        ends.n_codes
    from meanings
    inner join ends
        on
            meanings.region_code = ends.start_code
            and meanings.valid_from = ends.start_from

)

select * from final
