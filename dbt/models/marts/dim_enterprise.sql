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

final as (

    select
        ---------- ids
        credit_code,
        mine_code,
        located_region_code as region_code,
        region_source,

        ---------- attributes
        enterprise_name,
        industry,
        industry_code,
        address,
        static_level,
        is_key_enterprise,
        employees,
        status,
        source_crs,
        geometry,

        ---------- validity
        updated_at as valid_from,
        coalesce(next_updated_at, {{ forever() }}) as valid_to,
        next_updated_at is null as is_current,
        is_first_version,

        ---------- origin
        feed_id,
        batch_id
    from versions

)

select * from final
