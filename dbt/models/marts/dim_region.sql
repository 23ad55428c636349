{{
    config(
        materialized='kept_table',
        unique_key=['region_code', 'valid_from'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}],
    )
}}

with

versions as (

    select * from {{ ref('int_region__version') }}

),

final as (

    select
        region_code,
        region_name,
        region_level,
        parent_code,
        geometry,
        source,
        valid_from,
        valid_to,
        valid_to = {{ forever() }} as is_current
    from versions

)

select * from final
