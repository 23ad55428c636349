-- One row per object, point and rule about observations that could be tried: holds, clear or unknown (no threshold).
with

rules as (

    select * from {{ ref('dim_risk_rule') }}
    where
        {{ as_of() }} >= valid_from
        and {{ as_of() }} < valid_to

),

points as (

    select * from {{ ref('int_risk__point') }}

),

latest as (

    select * from {{ ref('int_observation__latest') }}

),

observations as (

    select * from {{ ref('stg_observation') }}

),

latest_values as (

    select
        points.object_id,
        points.point_code,
        points.point_name,
        rules.rule_id,
        rules.kind,
        rules.comparison,
        rules.level,
        rules.source,
        coalesce(rules.threshold, (points.thresholds ->> rules.threshold_column)::double precision) as threshold,
        latest.variable,
        case when rules.kind = 'status' then latest.status_flags else latest.value end as value,
        latest.unit,
        latest.event_at as observed_at
    from points
    inner join rules
        on
            points.object_type = rules.object_type
            and rules.kind in ('latest', 'status')
    inner join latest
        on
            points.feed_id = latest.feed_id
            and points.point_code = latest.station_code
            and (rules.variable is null or rules.variable = latest.variable)

),

sums as (

    select
        points.object_id,
        points.point_code,
        points.point_name,
        rules.rule_id,
        rules.kind,
        rules.comparison,
        rules.level,
        rules.source,
        rules.threshold,
        latest.variable,
        amounts.value,
        latest.unit,
        latest.event_at as observed_at
    from points
    inner join rules
        on
            points.object_type = rules.object_type
            and rules.kind = 'sum'
    inner join latest
        on
            points.feed_id = latest.feed_id
            and points.point_code = latest.station_code
            and rules.variable = latest.variable
    left join lateral (
        select sum(observations.value) as value
        from observations
        where
            points.feed_id = observations.feed_id
            and points.point_code = observations.station_code
            and rules.variable = observations.variable
            -- event_at is the end of the interval of an amount
            and observations.event_at > {{ as_of() }} - make_interval(mins => rules.window_minutes)
            and observations.event_at <= {{ as_of() }} + interval '10 minutes'
    ) as amounts on true

),

tried as (

    select * from latest_values
    union all
    select * from sums

),

final as (

    select
        object_id,
        rule_id,
        case
            when value is null or threshold is null then 'unknown'
            when kind = 'status' and value::integer & threshold::integer <> 0 then 'holds'
            when comparison = '>' and value > threshold then 'holds'
            when comparison = '>=' and value >= threshold then 'holds'
            else 'clear'
        end as outcome,
        level,
        source,
        variable,
        value,
        unit,
        threshold,
        point_code || ' ' || coalesce(point_name, '') as evidence,
        observed_at
    from tried

)

select * from final
