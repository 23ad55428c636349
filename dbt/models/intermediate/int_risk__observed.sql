-- One row per object, condition on measured values and point: the points that watch the object (own), stations within
-- the radius of the condition (near; points below ground say nothing about what lies above), reservoirs upstream.
-- Of many stations near by those speak that hold, the gravest five; if none does, the one that is clear for longest.
-- A rule is for the objects at which its other conditions can be asked: stations near by are looked for only there.
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

own as materialized (

    select
        points.object_id,
        points.object_type,
        measured.*
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

),

above as materialized (

    select
        upstream.object_id,
        upstream.object_type,
        measured.*
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

linked as (

    select
        object_id,
        rule_id,
        count(distinct condition_no) as n_linked
    from (
        select
            object_id,
            rule_id,
            condition_no
        from own
        union all
        select
            object_id,
            rule_id,
            condition_no
        from above
    ) as links
    group by object_id, rule_id

),

near_conditions as (

    select
        *,
        (
            select count(*) from conditions as others
            where
                conditions.rule_id = others.rule_id
                and conditions.object_type = others.object_type
                and others.scope in ('own', 'upstream')
        ) as n_needed
    from conditions
    where scope = 'near'

),

asked as (

    select
        objects.object_id,
        objects.object_type,
        objects.geometry,
        near_conditions.rule_id,
        near_conditions.condition_no,
        near_conditions.radius_km
    from near_conditions
    inner join objects on near_conditions.object_type = objects.object_type
    left join linked
        on
            objects.object_id = linked.object_id
            and near_conditions.rule_id = linked.rule_id
    where coalesce(linked.n_linked, 0) >= near_conditions.n_needed

),

near_by as (

    select
        asked.object_id,
        asked.object_type,
        measured.*,
        row_number() over (
            partition by asked.object_id, measured.rule_id, measured.condition_no
            order by
                array_position(array['holds', 'clear', 'unknown'], measured.outcome),
                abs(measured.value - measured.threshold) desc nulls last,
                measured.until_at desc nulls last,
                measured.feed_id,
                measured.point_code
        ) as nearness_no
    from measured
    inner join asked
        on
            measured.rule_id = asked.rule_id
            and measured.condition_no = asked.condition_no
            and {{ is_within_km('asked.geometry', 'measured.geometry', 'asked.radius_km') }}
    where
        measured.scope = 'near'
        and measured.register = 'station'

),

found as (

    select
        *,
        1 as nearness_no
    from own
    union all
    select
        *,
        1 as nearness_no
    from above
    union all
    select * from near_by
    where
        nearness_no = 1
        or (outcome = 'holds' and nearness_no <= 5)

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

)

select * from final
