{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['day', 'region_code', 'kind'],
        touched='touched_days_of_points',
        replaces=['day'],
    )
}}

-- Circles of all live points are joined once for each set of points that was live, not once for each day.
-- Between full builds only days are counted again whose figures can have changed.
with

kinds as (

    select * from {{ ref('spatial_radius') }}

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_in_use
        and geometry is not null

),

availability as (

    select * from {{ ref('metric_availability_daily') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where status = 'active'

),

villages as (

    select * from {{ ref('stg_village') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

days as (

    {{ days_of_points() }}

),

-- few, so that patterns are not asked of every point
point_kinds as (

    select
        kinds.kind,
        kinds.radius_km,
        categories.register,
        categories.category
    from kinds
    inner join (
        select distinct
            points.register,
            coalesce(points.category, '') as category
        from points
    ) as categories on {{ is_point_of('categories.register', 'categories.category', 'kinds.points') }}

),

point_days as (

    select
        days.day,
        point_kinds.kind,
        point_kinds.radius_km,
        points.geometry,
        {{ county_of('points.region_code') }} as county_code,
        case when length(points.region_code) >= 9 then left(points.region_code, 9) end as town_code,
        coalesce(availability.is_live, false) as is_live,
        coalesce(availability.expected_slots, 0) = 0 as is_undecided
    from days
    inner join points
        on
            days.moment > points.valid_from
            and days.moment <= points.valid_to
    inner join point_kinds
        on
            points.register = point_kinds.register
            and coalesce(points.category, '') = point_kinds.category
    left join availability
        on
            points.feed_id = availability.feed_id
            and points.point_code = availability.point_code
            and days.day = availability.day

),

-- a set of live points has the number that its places add up to
day_sets as (

    select
        day,
        kind,
        radius_km,
        sum(hashtextextended(encode(st_asbinary(geometry), 'hex'), 0)::numeric) as set_id
    from point_days
    where is_live
    group by day, kind, radius_km

),

sets as (

    select
        kind,
        radius_km,
        set_id,
        min(day) as shown_on
    from day_sets
    group by kind, radius_km, set_id

),

-- points that stand in one place are one circle
spots as (

    select distinct
        day,
        kind,
        geometry
    from point_days
    where is_live

),

covered as (

    select
        sets.kind,
        sets.set_id,
        st_union({{ circle_of_km('spots.geometry', 'sets.radius_km') }}) as geometry
    from sets
    inner join spots
        on
            sets.shown_on = spots.day
            and sets.kind = spots.kind
    group by sets.kind, sets.set_id

),

-- an entry of a year holds until the next one
village_versions as (

    select
        'village' as place_kind,
        village_code as place_id,
        case when village_code ~ '^\d{12}$' then left(village_code, 9) else left(region_code, 9) end as code,
        population,
        geometry,
        {{ day_start('make_date(year, 1, 1)') }} as valid_from,
        lead({{ day_start('make_date(year, 1, 1)') }}, 1, {{ forever() }}) over (
            partition by village_code order by year
        ) as valid_to
    from (
        select distinct on (village_code, year) * from villages
        order by village_code, year, updated_at desc nulls last, feed_id
    ) as newest

),

towns as (

    select * from regions
    where
        is_current
        and region_level = 'town'

),

-- where the code ends with the county, the place says the town
enterprise_towns as (

    select distinct on (enterprises.credit_code, enterprises.valid_from)
        enterprises.credit_code,
        enterprises.valid_from,
        towns.region_code
    from enterprises
    inner join towns
        on
            enterprises.region_code = towns.parent_code
            and st_covers(towns.geometry, enterprises.geometry)
    order by enterprises.credit_code, enterprises.valid_from, towns.region_code

),

places as (

    select * from village_versions

    union all

    select
        'enterprise' as place_kind,
        enterprises.credit_code as place_id,
        coalesce(enterprise_towns.region_code, enterprises.region_code) as code,
        null::bigint as population,
        enterprises.geometry,
        {{ enterprise_since('enterprises') }} as valid_from,
        enterprises.valid_to
    from enterprises
    left join enterprise_towns
        on
            enterprises.credit_code = enterprise_towns.credit_code
            and enterprises.valid_from = enterprise_towns.valid_from

),

place_regions as (

    select
        places.*,
        levels.region_level,
        levels.region_code
    from places
    cross join
        lateral (
            values
            ('county', {{ county_of('places.code') }}),
            ('town', case when length(places.code) >= 9 then left(places.code, 9) end)
        ) as levels (region_level, region_code)
    where levels.region_code is not null

),

reached as (

    select
        covered.kind,
        covered.set_id,
        places.place_kind,
        places.place_id,
        places.valid_from
    from covered
    inner join places on st_intersects(covered.geometry, places.geometry)

),

place_days as (

    select
        days.day,
        place_regions.region_level,
        place_regions.region_code,
        kinds.kind,
        kinds.radius_km,
        count(*) filter (where place_regions.place_kind = 'village') as n_villages,
        count(reached.place_id) filter (where place_regions.place_kind = 'village') as n_villages_covered,
        sum(place_regions.population)::bigint as population,
        (
            sum(case when reached.place_id is not null then place_regions.population else 0 end)
            filter (where place_regions.population is not null)
        )::bigint as population_covered,
        count(*) filter (where place_regions.place_kind = 'enterprise') as n_enterprises,
        count(reached.place_id) filter (where place_regions.place_kind = 'enterprise') as n_enterprises_covered
    from days
    cross join kinds
    inner join place_regions
        on
            days.moment > place_regions.valid_from
            and days.moment <= place_regions.valid_to
    left join day_sets
        on
            days.day = day_sets.day
            and kinds.kind = day_sets.kind
    left join reached
        on
            day_sets.kind = reached.kind
            and day_sets.set_id = reached.set_id
            and place_regions.place_kind = reached.place_kind
            and place_regions.place_id = reached.place_id
            and place_regions.valid_from = reached.valid_from
    group by
        days.day, place_regions.region_level, place_regions.region_code, kinds.kind, kinds.radius_km

),

areas as (

    select
        region_code,
        valid_from,
        valid_to,
        geometry,
        st_area(geometry::geography) / 1e6 as area_km2
    from regions
    where
        geometry is not null
        and region_code in (select place_regions.region_code from place_regions)

),

set_areas as (

    select
        covered.kind,
        covered.set_id,
        areas.region_code,
        areas.valid_from,
        -- of a region that is covered as a whole, rounding may leave a little more than all
        least(
            st_area(st_intersection(areas.geometry, covered.geometry)::geography) / 1e6, areas.area_km2
        ) as covered_area_km2
    from covered
    inner join areas on st_intersects(areas.geometry, covered.geometry)

),

point_counts as (

    select
        point_days.day,
        point_days.kind,
        levels.region_code,
        count(*) as n_points,
        count(*) filter (where point_days.is_live) as n_live_points,
        count(*) filter (where point_days.is_undecided) as n_undecided_points
    from point_days
    cross join lateral (values (point_days.county_code), (point_days.town_code)) as levels (region_code)
    where levels.region_code is not null
    group by point_days.day, point_days.kind, levels.region_code

),

final as (

    select
        place_days.day,
        place_days.region_code,
        place_days.region_level,
        place_days.kind,
        place_days.radius_km,
        coalesce(point_counts.n_points, 0) as n_points,
        coalesce(point_counts.n_live_points, 0) as n_live_points,
        coalesce(point_counts.n_undecided_points, 0) as n_undecided_points,
        areas.area_km2,
        case when areas.area_km2 is not null then coalesce(set_areas.covered_area_km2, 0) end as covered_area_km2,
        {{ pct('coalesce(set_areas.covered_area_km2, 0)', 'areas.area_km2') }} as covered_area_pct,
        place_days.n_villages,
        place_days.n_villages_covered,
        {{ pct('place_days.n_villages_covered', 'place_days.n_villages') }} as villages_covered_pct,
        place_days.population,
        place_days.population_covered,
        {{ pct('place_days.population_covered', 'place_days.population') }} as population_covered_pct,
        place_days.n_enterprises,
        place_days.n_enterprises_covered,
        {{ pct('place_days.n_enterprises_covered', 'place_days.n_enterprises') }} as enterprises_covered_pct
    from place_days
    inner join days on place_days.day = days.day
    left join point_counts
        on
            place_days.day = point_counts.day
            and place_days.kind = point_counts.kind
            and place_days.region_code = point_counts.region_code
    left join areas
        on
            place_days.region_code = areas.region_code
            and days.moment > areas.valid_from
            and days.moment <= areas.valid_to
    left join day_sets
        on
            place_days.day = day_sets.day
            and place_days.kind = day_sets.kind
    left join set_areas
        on
            day_sets.kind = set_areas.kind
            and day_sets.set_id = set_areas.set_id
            and areas.region_code = set_areas.region_code
            and areas.valid_from = set_areas.valid_from

)

select * from final
