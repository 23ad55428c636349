-- One row per row of the seed risk_rule that cannot mean what its editor meant: rule, condition and what is wrong.
with

rules as (

    select * from {{ ref('dim_risk_rule') }}

),

variables as (

    select * from {{ ref('risk_variable') }}

),

types as (

    select * from {{ ref('risk_object_type') }}

),

shaking as (

    select distinct shaking from {{ ref('shaking_radius') }}

),

classed as (

    select
        rules.*,
        string_to_array(coalesce(among, ''), ' ') as words,
        kind in ('latest', 'sum', 'change', 'rise') as is_value,
        kind in ('sum', 'change', 'rise', 'earthquake', 'incident_upstream') as needs_window,
        first_value(level) over versions as first_level,
        first_value(advice) over versions as first_advice,
        count(*) over versions as n_rows,
        max(condition_no) over versions as last_no
    from rules
    window versions as (
        partition by rule_id, object_type, valid_from
        order by condition_no
        rows between unbounded preceding and unbounded following
    )

),

problems as (

    select
        rule_id,
        object_type,
        condition_no,
        array_remove(
            array[
                case when object_type not in (select types.object_type from types) then 'unknown type of object' end,
                case
                    when kind not in (
                        'latest', 'sum', 'change', 'rise', 'status', 'alarm', 'warning', 'earthquake', 'static_level',
                        'incident_upstream'
                    ) then 'unknown kind'
                end,
                case
                    when
                        (is_value or kind in ('status', 'alarm'))
                        and coalesce(scope, '') not in ('own', 'near', 'upstream')
                        then 'needs a scope: own, near or upstream'
                end,
                case
                    when kind in ('status', 'alarm') and scope <> 'own' then 'bits and alarms are those of own points'
                end,
                case when scope in ('near', 'upstream') and radius_km is null then 'needs radius_km' end,
                case when scope = 'own' and radius_km is not null then 'own points have no radius_km' end,
                case
                    when is_value and variable is null then 'needs a variable'
                    when
                        kind not in ('warning', 'alarm') and variable is not null
                        and variable not in (select variables.variable from variables)
                        then 'unknown variable: add it to the seed risk_variable'
                end,
                case
                    when
                        (is_value or kind in ('earthquake', 'incident_upstream'))
                        and coalesce(comparison, '') not in ('>', '>=', '<', '<=')
                        then 'needs a comparison: >, >=, < or <='
                end,
                case when kind = 'earthquake' and comparison <> '>=' then 'earthquakes are compared by >=' end,
                case
                    when kind = 'incident_upstream' and comparison not in ('<', '<=')
                        then 'stock is compared by < or <='
                end,
                case
                    when is_value and (threshold is null) = (threshold_column is null)
                        then 'needs either threshold or threshold_column'
                    when kind in ('status', 'earthquake', 'incident_upstream') and threshold is null
                        then 'needs a threshold'
                    when
                        kind in ('warning', 'static_level', 'alarm')
                        and coalesce(threshold::text, threshold_column) is not null
                        then 'has no threshold'
                end,
                case when needs_window and coalesce(window_minutes, 0) <= 0 then 'needs window_minutes' end,
                case when not needs_window and window_minutes is not null then 'has no window' end,
                case
                    when kind not in ('latest', 'sum', 'status', 'alarm') and hold_minutes is not null
                        then 'its window holds already: no hold_minutes'
                    when hold_minutes < 0 or hold_minutes > 1440 then 'hold_minutes beyond 0 to 1440'
                end,
                case
                    when release is not null and kind <> 'latest' then 'only latest values have a release'
                    when release is not null and threshold is null then 'a release goes with a fixed threshold'
                    when release > threshold and comparison in ('>', '>=') then 'released above its threshold'
                    when release < threshold and comparison in ('<', '<=') then 'released below its threshold'
                end,
                case
                    when
                        kind in ('warning', 'static_level') and among is not null
                        and not words <@ array['red', 'orange', 'yellow', 'blue']
                        then 'among: red, orange, yellow, blue'
                    when kind = 'static_level' and among is null then 'needs among: levels that count'
                    when
                        kind = 'earthquake' and radius_km is null
                        and (among is null or not words <@ array(select shaking.shaking from shaking))
                        then 'needs radius_km, or among: a word of the seed shaking_radius'
                    when kind = 'incident_upstream' and among is not null and among <> 'critical'
                        then 'among: critical or nothing'
                    when is_value and among is not null then 'values have no among'
                end,
                case when level not in ('red', 'orange', 'yellow', 'blue') then 'unknown level' end,
                case when level is null and kind not in ('warning', 'alarm') then 'needs a level' end,
                case when level is distinct from first_level then 'its conditions name different levels' end,
                case when advice is distinct from first_advice then 'its conditions name different advice' end,
                case when n_rows <> last_no then 'conditions are not numbered 1, 2, ...' end,
                case when coalesce(source, '') = '' then 'needs a source' end,
                case when valid_from >= valid_to then 'ends before it begins' end,
                case
                    when exists (
                        select 1 from rules as other
                        where
                            classed.rule_id = other.rule_id
                            and classed.object_type = other.object_type
                            and classed.valid_from <> other.valid_from
                            and classed.valid_from < other.valid_to
                            and other.valid_from < classed.valid_to
                    ) then 'two versions are valid at one time'
                end,
                case
                    when exists (
                        select 1 from rules as other
                        where
                            classed.rule_id = other.rule_id
                            and classed.object_type = other.object_type
                            and classed.valid_from = other.valid_from
                            and classed.valid_to <> other.valid_to
                    ) then 'its conditions end at different times'
                end
            ],
            null
        ) as problems
    from classed

),

final as (

    select
        rule_id,
        object_type,
        condition_no,
        array_to_string(problems, '; ') as problems
    from problems
    where cardinality(problems) > 0

)

select * from final
