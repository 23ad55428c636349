-- One row per enterprise and version of its register entry; the region comes from the place where the entry names none.
with

entries as (

    select distinct on (credit_code, updated_at) * from {{ ref('stg_enterprise') }}
    order by credit_code, updated_at, fetched_at desc, feed_id

),

regions as (

    select * from {{ ref('dim_region') }}

),

final as (

    select
        entries.*,
        coalesce(entries.region_code, covering.region_code) as located_region_code,
        case
            when entries.region_code is not null then 'register'
            when covering.region_code is not null then 'geometry'
            else 'none'
        end as region_source,
        lead(entries.updated_at) over by_entry as next_updated_at,
        lag(entries.updated_at) over by_entry is null as is_first_version
    from entries
    left join lateral (
        select regions.region_code
        from regions
        where
            entries.region_code is null
            and st_covers(regions.geometry, entries.geometry)
        order by array_position(array['county', 'city', 'province'], regions.region_level)
        limit 1
    ) as covering on true
    window by_entry as (partition by entries.credit_code order by entries.updated_at)

)

select * from final
