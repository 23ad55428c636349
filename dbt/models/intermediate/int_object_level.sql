{# The planner cannot know how much evidence grouping leaves, guesses a few rows, and then loops over all for each. #}
{{
    config(
        materialized='kept_table',
        unique_key=['object_id'],
        contract={'enforced': true},
        pre_hook='set local enable_nestloop = off',
        tags=['levels'],
        indexes=[{'columns': ['dynamic_level']}],
    )
}}

-- The levels as this build judged them. Never partial: time passing changes any of them.
with

levels as (

    select * from {{ ref('int_risk__level') }}

),

final as (

    select
        object_id,
        dynamic_level,
        rules,
        drivers,
        advice,
        evidence_at,
        valid_from,
        valid_until,
        {{ as_of() }} as judged_at
    from levels

)

select * from final
