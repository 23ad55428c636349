-- One row per object, condition on measured values and point: the points that watch the object (own), stations within
-- the radius of the condition (near; points below ground say nothing about what lies above), reservoirs upstream.
-- Of many stations near by those speak that hold, the gravest five; if none does, the one that is clear for longest.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where is_measured

),

measured as materialized (

    select * from {{ ref('int_risk__measured') }}

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

points as (

    select * from {{ ref('int_risk__point') }}

),

upstream as (

    select * from {{ ref('int_risk__upstream') }}

),

found as (

    select
        points.object_id,
        points.object_type,
        measured.*,
        1 as nearness_no
    from measured
    inner join points
        on
            measured.feed_id = points.feed_id
            and measured.point_code = points.point_code
    inner join conditions
        on
            measured.rule_id = conditions.rule_id
            and measured.condition_no = conditions.condition_no
            and points.object_type = conditions.object_type
    where measured.scope = 'own'

    union all

    select
        objects.object_id,
        objects.object_type,
        measured.*,
        row_number() over (
            partition by objects.object_id, measured.rule_id, measured.condition_no
            order by
                array_position(array['holds', 'clear', 'unknown'], measured.outcome),
                abs(measured.value - measured.threshold) desc nulls last,
                measured.until_at desc nulls last,
                measured.feed_id,
                measured.point_code
        ) as nearness_no
    from measured
    inner join conditions
        on
            measured.rule_id = conditions.rule_id
            and measured.condition_no = conditions.condition_no
    inner join objects
        on
            conditions.object_type = objects.object_type
            and {{ is_within_km('objects.geometry', 'measured.geometry', 'conditions.radius_km') }}
    where
        measured.scope = 'near'
        and measured.register = 'station'

    union all

    select
        upstream.object_id,
        upstream.object_type,
        measured.*,
        1 as nearness_no
    from measured
    inner join conditions
        on
            measured.rule_id = conditions.rule_id
            and measured.condition_no = conditions.condition_no
    inner join upstream
        on
            measured.feed_id = upstream.feed_id
            and measured.point_code = upstream.point_code
            and conditions.object_type = upstream.object_type
            and conditions.radius_km = upstream.radius_km
    where measured.scope = 'upstream'

),

final as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        kind,
        scope,
        outcome,
        null::text as level,
        reason,
        variable,
        comparison,
        value,
        unit,
        threshold,
        feed_id || ':' || point_code as evidence,
        point_name as evidence_name,
        observed_at,
        met_at,
        since,
        until_at,
        evidence_until
    from found
    where
        nearness_no = 1
        or (outcome = 'holds' and nearness_no <= 5)

)

select * from final
