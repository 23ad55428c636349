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

regions as (

    select * from {{ ref('dim_region') }}

),

codes as (

    select * from {{ ref('int_region__code') }}

),

placed as (

    select
        *,
        {{ covering_region('regions', 'versions.geometry') }} as covering_code
    from versions

),

-- what the register's code means today: null where its area was divided, the code itself where we know of no change
resolved as (

    select
        placed.*,
        case when codes.region_code is null then left(placed.region_code, 6) else codes.current_code end as todays_code
    from placed
    left join codes
        on
            left(placed.region_code, 6) = codes.region_code
            -- registers write the codes of their day: those at the end of a version
            and placed.valid_to > codes.valid_from
            and placed.valid_to <= codes.valid_to

),

chosen as (

    select
        *,
        case
            when todays_code is null then 'place'
            when length(region_code) > 6 and todays_code = left(region_code, 6) then 'register'
            when starts_with(covering_code, regexp_replace(todays_code, '(00){1,2}$', '')) then 'place'
            when todays_code <> left(region_code, 6) then 'change'
            else 'register'
        end as region_source
    from resolved

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
        case region_source
            when 'place' then covering_code
            when 'change' then todays_code
            else region_code
        end as region_code,
        case
            when region_source <> 'place' or covering_code is not null then region_source
            else 'none'
        end as region_source,

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
    from chosen

)

select * from final
