{{
    config(
        materialized='kept_table',
        unique_key=['credit_code', 'valid_from'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}, {'columns': ['mine_code']}],
    )
}}

with

versions as (

    select * from {{ ref('int_enterprise__version') }}

),

coordinates as (

    select * from {{ ref('int_enterprise__coordinate') }}

),

final as (

    select
        ---------- ids
        versions.credit_code,
        versions.mine_code,
        versions.located_region_code as region_code,
        versions.region_source,

        ---------- attributes
        versions.enterprise_name,
        versions.industry,
        versions.industry_code,
        versions.address,
        versions.static_level,
        versions.is_key_enterprise,
        versions.employees,
        versions.status,
        versions.source_crs,
        versions.geometry,
        coordinates.coordinate_flags,

        ---------- validity
        versions.updated_at as valid_from,
        versions.valid_to,
        versions.valid_to = {{ forever() }} as is_current,
        versions.is_first_version,
        versions.end_reason,

        ---------- origin
        versions.feed_id,
        versions.last_batch_id as batch_id
    from versions
    inner join coordinates
        on
            versions.credit_code = coordinates.credit_code
            and versions.updated_at = coordinates.updated_at

)

select * from final
