-- One row per object and rule of which at least one condition has evidence: holds if all its conditions hold,
-- clear if one is clear, else unknown. A condition holds if any piece of evidence does. Otherwise one point that
-- cannot be judged leaves a condition on the object's own points unknown, while of several gauges near by one clear
-- voice is enough.
-- Groups only, no joins of large with large: a hundred thousand objects are judged in seconds.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}

),

evidence as (

    select * from {{ ref('int_risk__evidence') }}

),

rules as (

    select distinct
        rule_id,
        object_type,
        level,
        advice,
        source,
        n_conditions
    from conditions

),

gathered as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        kind,
        scope,
        case
            when bool_or(outcome = 'holds') then 'holds'
            when coalesce(scope = 'own', false) and bool_or(outcome = 'unknown') then 'unknown'
            when bool_or(outcome = 'clear') then 'clear'
            else 'unknown'
        end as outcome,
        {{ highest_level('level', among="outcome = 'holds'") }} as level,
        min(since) filter (where outcome = 'holds') as since,
        max(until_at) filter (where outcome = 'holds') as held_until,
        max(evidence_until) filter (where outcome = 'holds') as evidence_until,
        -- the first of the object's own points that falls silent ends what is known; of those near by, the last
        case
            when scope = 'own' then min(until_at) filter (where outcome = 'clear')
            else max(until_at) filter (where outcome = 'clear')
        end as clear_until,
        max(observed_at) as observed_at,
        jsonb_agg(
            {{ piece_of_evidence() }}
            order by
                {{ level_rank('level') }},
                abs(value - threshold) desc nulls last,
                observed_at desc nulls last,
                evidence
        ) filter (where outcome = 'holds') as holding,
        jsonb_agg({{ piece_of_evidence() }} order by evidence) filter (where outcome = 'unknown') as unknown
    from evidence
    group by object_id, object_type, rule_id, condition_no, kind, scope

),

-- at most five pieces of evidence of each condition; n says how many there are
tried as (

    select
        *,
        jsonb_path_query_array(case outcome when 'holds' then holding when 'unknown' then unknown end, '$[0 to 4]')
            as pieces,
        jsonb_array_length(case outcome when 'holds' then holding when 'unknown' then unknown end) as n_pieces
    from gathered

),

ruled as (

    select
        object_id,
        object_type,
        rule_id,
        bool_or(outcome = 'clear') as is_clear,
        count(*) as n_tried,
        count(*) filter (where outcome = 'holds') as n_holding,
        bool_or(outcome = 'holds' and kind <> 'static_level') as has_holding,
        coalesce(bool_or(outcome = 'unknown' and scope = 'own'), false) as has_own_unknown,
        {{ highest_level('level') }} as level,
        -- a rule begins to hold when the last of its conditions does, and ends with the first
        max(since) as since,
        min(held_until) as held_until,
        min(evidence_until) as evidence_until,
        max(observed_at) as observed_at,
        -- what may make an object blue
        max(clear_until) filter (where outcome = 'clear' and scope = 'own' and kind <> 'alarm') as own_clear_until,
        max(clear_until) filter (where outcome = 'clear' and kind = 'warning') as warning_clear_until,
        coalesce(bool_or(scope = 'own' and kind <> 'alarm'), false) as has_own,
        jsonb_path_query_array(jsonb_agg(pieces order by condition_no), '$[*][*]') as conditions,
        jsonb_object_agg(condition_no, n_pieces) filter (where n_pieces > 5) as more
    from tried
    group by object_id, object_type, rule_id

),

outcomes as (

    select
        ruled.*,
        rules.n_conditions,
        rules.advice,
        rules.source,
        coalesce(rules.level, ruled.level) as rule_level,
        case
            when ruled.is_clear then 'clear'
            when ruled.n_holding = rules.n_conditions then 'holds'
            else 'unknown'
        end as outcome
    from ruled
    inner join rules
        on
            ruled.object_type = rules.object_type
            and ruled.rule_id = rules.rule_id

),

final as (

    select
        object_id,
        rule_id,
        outcome,
        case when outcome = 'holds' then rule_level end as level,
        advice,
        source,
        -- an unknown is told where it matters: something holds already, an own point is silent, or nothing else is
        -- asked. Where no point measures what the rule asks for, the rule is not for this object.
        outcome = 'holds'
        or (
            outcome = 'unknown'
            and n_tried = n_conditions
            and (has_holding or has_own_unknown or n_conditions = 1)
        ) as is_told,
        case when outcome = 'unknown' and n_tried < n_conditions then 'no_point' end as reason,
        case when outcome <> 'clear' then conditions end as conditions,
        more,
        case when outcome = 'holds' then since end as since,
        case when outcome = 'holds' then held_until end as until_at,
        case when outcome = 'holds' then evidence_until end as evidence_until,
        observed_at,
        own_clear_until,
        warning_clear_until,
        has_own
    from outcomes

)

select * from final
