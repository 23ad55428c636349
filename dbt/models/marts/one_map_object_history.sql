{{
    config(
        materialized='history_table',
        unique_key=['object_id'],
        compare=['level', 'dynamic_level', 'static_level', 'rules'],
        keep_days=var('history_days'),
        tags=['levels'],
        indexes=[{'columns': ['known_from', 'known_to']}],
    )
}}

with

objects as (

    select * from {{ ref('int_risk__object') }}

),

levels as (

    select * from {{ ref('int_object_level') }}

),

joined as (

    select
        objects.object_id,
        objects.object_type,
        objects.object_name,
        objects.region_code,
        objects.static_level,
        coalesce(levels.dynamic_level, 'unknown') as dynamic_level,
        coalesce(levels.rules, array[]::text[]) as rules,
        coalesce(levels.drivers, '[]'::jsonb) as drivers,
        levels.advice,
        coalesce(levels.valid_from, {{ as_of() }}) as valid_from
    from objects
    left join levels on objects.object_id = levels.object_id

),

final as (

    select
        *,
        {{ graver_level('static_level', 'dynamic_level') }} as level
    from joined

)

select * from final
