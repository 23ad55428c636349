{{ config(materialized='kept_table', unique_key=['rule_id', 'object_type', 'condition_no', 'valid_from']) }}

-- The seed names several types of objects in one cell; here each has its row.
with

rules as (

    select * from {{ ref('risk_rule') }}

),

final as (

    select
        rules.rule_id,
        types.object_type,
        rules.condition_no,
        rules.kind,
        nullif(rules.scope, '') as scope,
        nullif(rules.variable, '') as variable,
        nullif(rules.among, '') as among,
        nullif(rules.comparison, '') as comparison,
        rules.threshold,
        nullif(rules.threshold_column, '') as threshold_column,
        rules.release,
        rules.window_minutes,
        rules.radius_km,
        rules.hold_minutes,
        nullif(rules.level, '') as level,
        nullif(rules.advice, '') as advice,
        rules.source,
        rules.valid_from,
        rules.valid_to
    from rules
    cross join lateral regexp_split_to_table(trim(rules.object_types), '\s+') as types (object_type)

)

select * from final
