{{ config(materialized='kept_table', unique_key=['rule_id', 'valid_from']) }}

with

rules as (

    select * from {{ ref('risk_rule') }}

),

final as (

    select
        rule_id,
        object_type,
        kind,
        nullif(variable, '') as variable,
        nullif(comparison, '') as comparison,
        threshold,
        nullif(threshold_column, '') as threshold_column,
        radius_km,
        window_minutes,
        nullif(level, '') as level,
        source,
        valid_from,
        valid_to
    from rules

)

select * from final
