{{ config(materialized='kept_table', unique_key=['region_code'], indexes=[{'columns': ['geometry'], 'type': 'gist'}]) }}

with

boundaries as (

    select * from {{ source('reference', 'region_boundary') }}

),

final as (

    select
        region_code,
        region_name,
        level as region_level,
        parent_code,
        {{ as_multipolygon('geom') }} as geometry,
        source
    from boundaries

)

select * from final
