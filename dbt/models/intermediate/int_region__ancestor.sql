-- One row per region and region that it is part of, itself included.
with recursive

regions as (

    select * from {{ ref('dim_region') }}
    where is_current

),

final as (

    select
        region_code,
        region_code as ancestor_code
    from regions

    union

    select
        final.region_code,
        regions.parent_code as ancestor_code
    from final
    inner join regions on final.ancestor_code = regions.region_code
    where regions.parent_code is not null

)

select * from final
