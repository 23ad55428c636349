with

objects as (

    select * from {{ ref('one_map_object') }}

),

regions as (

    select * from {{ ref('dim_region') }}
    where is_current

),

counted as (

    select
        left(region_code, 6) as region_code,
        count(*) as n_objects,
        count(*) filter (where level = 'red') as n_red,
        count(*) filter (where level = 'orange') as n_orange,
        count(*) filter (where level = 'yellow') as n_yellow,
        count(*) filter (where level = 'blue') as n_blue,
        count(*) filter (where level = 'unknown') as n_unknown,
        {{ highest_level('level') }} as level,
        max(as_of) as as_of
    from objects
    group by left(region_code, 6)

),

final as (

    select
        coalesce(counted.region_code, 'unknown') as region_code,
        regions.region_name,
        counted.n_objects,
        counted.n_red,
        counted.n_orange,
        counted.n_yellow,
        counted.n_blue,
        counted.n_unknown,
        counted.level,
        counted.as_of,
        regions.geometry
    from counted
    left join regions on counted.region_code = regions.region_code

)

select * from final
