-- One row per object and condition on its static level.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where kind = 'static_level'

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

final as (

    select
        objects.object_id,
        objects.object_type,
        conditions.rule_id,
        conditions.condition_no,
        'static_level' as kind,
        null::text as scope,
        case
            when objects.static_level = 'unknown' then 'unknown'
            when objects.static_level = any(conditions.among) then 'holds'
            else 'clear'
        end as outcome,
        null::text as level,
        case when objects.static_level = 'unknown' then 'not_graded' end as reason,
        'static_level' as variable,
        null::text as comparison,
        null::double precision as value,
        null::text as unit,
        null::double precision as threshold,
        objects.static_level as evidence,
        null::text as evidence_name,
        null::timestamptz as observed_at,
        null::timestamptz as met_at,
        null::timestamptz as since,
        {{ forever() }} as until_at,
        {{ forever() }} as evidence_until
    from objects
    inner join conditions on objects.object_type = conditions.object_type

)

select * from final
