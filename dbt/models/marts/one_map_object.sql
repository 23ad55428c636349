-- Thin: objects and what the last build said of them. What it said holds no longer than its evidence.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

levels as (

    select * from {{ ref('int_object_level') }}

),

joined as (

    select
        objects.*,
        levels.drivers,
        levels.evidence_at,
        levels.judged_at,
        levels.valid_until,
        levels.advice,
        coalesce(levels.valid_until <= {{ as_of() }}, false) as is_over,
        case
            when coalesce(levels.valid_until > {{ as_of() }}, true) then coalesce(levels.dynamic_level, 'unknown')
            else 'unknown'
        end as dynamic_level
    from objects
    left join levels on objects.object_id = levels.object_id

),

final as (

    select
        object_id,
        object_type,
        object_name,
        region_code,
        geometry,
        static_level,
        dynamic_level,
        {{ graver_level('static_level', 'dynamic_level') }} as level,
        coalesce(drivers, '[]'::jsonb) as drivers,
        evidence_at,
        judged_at as as_of,
        credit_code,
        case when not is_over then advice end as advice,
        valid_until
    from joined

)

select * from final
