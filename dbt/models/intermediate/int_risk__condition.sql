-- One row per rule in force, type of object and condition. What is measured in the same way has the same measure_key,
-- what is held against the same limit in the same way the same test_key: both are looked at once, whatever asks.
with

rules as (

    select * from {{ ref('dim_risk_rule') }}
    where
        {{ as_of() }} >= valid_from
        and {{ as_of() }} < valid_to

),

final as (

    select
        rule_id,
        object_type,
        condition_no,
        kind,
        scope,
        variable,
        string_to_array(among, ' ') as among,
        comparison,
        threshold,
        threshold_column,
        release,
        coalesce(window_minutes, 0) as window_minutes,
        radius_km,
        coalesce(hold_minutes, 0) as hold_minutes,
        level,
        advice,
        source,
        kind in ('latest', 'sum', 'change', 'rise', 'status') as is_measured,
        concat_ws(':', kind, variable, window_minutes) as measure_key,
        concat_ws(
            ':', kind, variable, window_minutes, comparison, threshold, threshold_column,
            'release ' || release, 'hold ' || hold_minutes
        ) as test_key,
        count(*) over (partition by rule_id, object_type) as n_conditions
    from rules

)

select * from final
