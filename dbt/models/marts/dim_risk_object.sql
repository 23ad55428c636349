{{
    config(
        materialized='kept_table',
        unique_key=['object_id', 'valid_from'],
        indexes=[
            {'columns': ['geometry'], 'type': 'gist'},
            {'columns': ['credit_code']},
            {'columns': ['feed_id', 'point_code']},
        ],
    )
}}

with

versions as (

    select * from {{ ref('int_risk_object__version') }}

),

final as (

    select
        ---------- ids
        object_id,
        object_type,
        credit_code,
        mine_code,
        feed_id,
        point_code,
        region_code,

        ---------- attributes
        object_name,
        static_level,
        case when static_level <> 'unknown' then static_level_source end as static_level_source,
        is_active,
        geometry,

        ---------- validity
        valid_from,
        valid_to,
        valid_to = {{ forever() }} as is_current
    from versions

)

select * from final
