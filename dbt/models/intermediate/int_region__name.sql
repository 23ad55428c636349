-- One row per region code: the name that it bears today, else the last that it bore.
with

regions as (

    select * from {{ ref('dim_region') }}

),

final as (

    select distinct on (region_code)
        region_code,
        region_name
    from regions
    order by region_code asc, valid_from desc

)

select * from final
