-- One row: the region that the bureau answers for. What its own ledgers tell without a place (courses, its plans and
-- drills, sharing of data) counts there. The variable `bureau_region`, else the smallest region with more than half of
-- the registered enterprises.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

counted as (

    select
        levels.region_code,
        levels.region_level,
        count(*) as n_enterprises
    from enterprises
    cross join lateral {{ regions_above('enterprises.region_code') }} as levels
    where levels.region_level <> 'unknown'
    group by levels.region_code, levels.region_level

),

ranked as (

    select
        region_code,
        array_position(array['town', 'county', 'city', 'province'], region_level) as rank
    from counted
    where n_enterprises * 2 > (select count(*) from enterprises)

),

final as (

    select
        coalesce(
            {% if var('bureau_region') %}'{{ var("bureau_region") }}'{% else %}null{% endif %}::text,
            (
                select ranked.region_code from ranked
                order by ranked.rank
                limit 1
            )
        ) as region_code

)

select * from final
