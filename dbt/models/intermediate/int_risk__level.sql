-- One row per object: the highest level of the rules that hold, and all that drove or clouded it. Blue needs a rule
-- that was judged clear: on the object's own points where it has any or where its type needs them, else on warnings.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

types as (

    select * from {{ ref('risk_object_type') }}

),

judged as (

    select * from {{ ref('int_risk__judged') }}

),

ranked as (

    select
        *,
        min({{ level_rank('level') }}) over (partition by object_id) as held_rank,
        row_number() over (partition by object_id, advice order by {{ level_rank('level') }}, rule_id) as advice_no
    from judged

),

summed as (

    select
        object_id,
        (array['red', 'orange', 'yellow', 'blue'])[min(held_rank)] as held_level,
        bool_or(has_own) as has_own,
        max(own_clear_until) as own_clear_until,
        max(warning_clear_until) as warning_clear_until,
        max(observed_at) as evidence_at,
        min(since) filter (where {{ level_rank('level') }} = held_rank) as since,
        max(evidence_until) filter (where {{ level_rank('level') }} = held_rank) as evidence_until,
        array_agg(rule_id order by rule_id) filter (where outcome = 'holds') as rules,
        string_agg(advice, '; ' order by {{ level_rank('level') }}, rule_id) filter (
            where outcome = 'holds' and advice_no = 1
        ) as advice,
        jsonb_agg(
            jsonb_strip_nulls(
                jsonb_build_object(
                    'rule', rule_id,
                    'source', source,
                    'level', coalesce(level, 'unknown'),
                    'reason', reason,
                    'advice', case when outcome = 'holds' then advice end,
                    'since', since,
                    'until', nullif(until_at, {{ forever() }}),
                    'n', more,
                    'conditions', conditions
                )
            )
            order by {{ level_rank("coalesce(level, 'unknown')") }}, rule_id
        ) filter (where is_told) as drivers
    from ranked
    group by object_id

),

levelled as (

    select
        objects.object_id,
        summed.held_level,
        summed.rules,
        summed.drivers,
        summed.evidence_at,
        summed.since,
        summed.evidence_until,
        summed.advice,
        case
            when coalesce(types.needs_own_evidence, true) or summed.has_own then summed.own_clear_until
            else greatest(summed.own_clear_until, summed.warning_clear_until)
        end as clear_until
    from objects
    left join types on objects.object_type = types.object_type
    left join summed on objects.object_id = summed.object_id

),

final as (

    select
        object_id,
        coalesce(held_level, case when clear_until is not null then 'blue' end, 'unknown') as dynamic_level,
        coalesce(rules, array[]::text[]) as rules,
        coalesce(drivers, '[]'::jsonb) as drivers,
        advice,
        evidence_at,
        case when held_level is not null then since else evidence_at end as valid_from,
        nullif(
            case when held_level is not null then evidence_until else clear_until end, {{ forever() }}
        ) as valid_until
    from levelled

)

select * from final
