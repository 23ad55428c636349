with

objects as (

    select * from {{ ref('int_risk__object') }}

),

rules as (

    select distinct
        rule_id,
        kind
    from {{ ref('dim_risk_rule') }}

),

tried as (

    select * from {{ ref('int_risk__observed') }}
    union all
    select * from {{ ref('int_risk__covered') }}
    union all
    select * from {{ ref('int_risk__shaken') }}

),

drivers as (

    select
        tried.object_id,
        {{ highest_level('tried.level', among="tried.outcome = 'holds'") }} as held_level,
        -- what is watched by points of its own is not known to be safe merely because no warning covers it
        coalesce(
            bool_or(tried.outcome = 'clear') filter (
                where
                objects.object_type not in ('mine', 'water_station', 'river_section', 'reservoir')
                or rules.kind in ('latest', 'sum', 'status')
            ),
            false
        ) as is_judged,
        max(tried.observed_at) as evidence_at,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'rule', tried.rule_id,
                    'source', tried.source,
                    'level', case when tried.outcome = 'holds' then tried.level else 'unknown' end,
                    'variable', tried.variable,
                    'value', tried.value,
                    'unit', tried.unit,
                    'threshold', tried.threshold,
                    'evidence', tried.evidence,
                    'observed_at', tried.observed_at
                )
                order by tried.outcome, {{ level_rank('tried.level') }}, tried.rule_id, tried.evidence
            ) filter (where tried.outcome <> 'clear'),
            '[]'::jsonb
        ) as drivers
    from tried
    inner join objects on tried.object_id = objects.object_id
    inner join rules on tried.rule_id = rules.rule_id
    group by tried.object_id

),

levels as (

    select
        objects.*,
        coalesce(drivers.held_level, case when drivers.is_judged then 'blue' end, 'unknown') as dynamic_level,
        coalesce(drivers.drivers, '[]'::jsonb) as drivers,
        drivers.evidence_at
    from objects
    left join drivers on objects.object_id = drivers.object_id

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
        (array['red', 'orange', 'yellow', 'blue', 'unknown'])[
            least({{ level_rank('static_level') }}, {{ level_rank('dynamic_level') }})
        ] as level,
        drivers,
        evidence_at,
        {{ as_of() }} as as_of
    from levels

)

select * from final
