-- One row per object, condition on measured values and point: the points that watch the object (own), stations within
-- the radius of the condition (near; points below ground say nothing about what lies above), reservoirs upstream.
-- Of many stations near by those speak that hold, the gravest five; if none does, the one that is clear for longest.
-- Stations near by are looked for only where they may decide: at objects at which the rule's other conditions can be
-- asked, and are not clear already.
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

own as (

    select
        points.object_id,
        points.object_type,
        conditions.rule_id,
        conditions.condition_no,
        conditions.scope,
        measured.*
    from measured
    inner join points
        on
            measured.feed_id = points.feed_id
            and measured.point_code = points.point_code
    inner join conditions
        on
            measured.test_key = conditions.test_key
            and points.object_type = conditions.object_type
    where conditions.scope = 'own'

),

above as (

    select
        upstream.object_id,
        upstream.object_type,
        conditions.rule_id,
        conditions.condition_no,
        conditions.scope,
        measured.*
    from measured
    inner join conditions on measured.test_key = conditions.test_key
    inner join upstream
        on
            measured.feed_id = upstream.feed_id
            and measured.point_code = upstream.point_code
            and conditions.object_type = upstream.object_type
            and conditions.radius_km = upstream.radius_km
    where conditions.scope = 'upstream'

),

linked as materialized (

    select * from own
    union all
    select * from above

),

answered as (

    select
        object_id,
        rule_id,
        condition_no,
        not bool_or(outcome = 'holds')
        and case when scope = 'own' then bool_and(outcome = 'clear') else bool_or(outcome = 'clear') end as is_clear
    from linked
    group by object_id, rule_id, condition_no, scope

),

counted as (

    select
        object_id,
        rule_id,
        count(*) filter (where not is_clear) as n_open
    from answered
    group by object_id, rule_id

),

needs as (

    select
        rule_id,
        object_type,
        count(*) filter (where scope in ('own', 'upstream')) as n_needed
    from conditions
    group by rule_id, object_type

),

asked as materialized (

    select
        row_number() over () as asked_no,
        objects.object_id,
        objects.object_type,
        objects.geometry,
        {{ box_of_km('objects.geometry', 'conditions.radius_km') }} as box,
        conditions.rule_id,
        conditions.condition_no,
        conditions.scope,
        conditions.test_key,
        conditions.radius_km
    from conditions
    inner join needs
        on
            conditions.rule_id = needs.rule_id
            and conditions.object_type = needs.object_type
    inner join objects on conditions.object_type = objects.object_type
    left join counted
        on
            objects.object_id = counted.object_id
            and conditions.rule_id = counted.rule_id
    where
        conditions.scope = 'near'
        and coalesce(counted.n_open, 0) >= needs.n_needed

),

-- how much a station has to say to whoever asks: with it, pairs of object and station are two numbers
stations as materialized (

    select
        *,
        row_number() over (
            partition by test_key
            order by
                array_position(array['holds', 'clear', 'unknown'], outcome),
                abs(value - threshold) desc nulls last,
                until_at desc nulls last,
                feed_id,
                point_code
        ) as place
    from measured
    where register = 'station'

),

pairs as (

    select
        asked.asked_no,
        stations.place,
        stations.outcome = 'holds' as is_holding,
        row_number() over (partition by asked.asked_no order by stations.place) as nearness_no
    from stations
    inner join asked
        on
            stations.test_key = asked.test_key
            and asked.box && stations.geometry
            and st_distancesphere(asked.geometry, stations.geometry) <= asked.radius_km * 1000

),

near_by as (

    select
        asked.object_id,
        asked.object_type,
        asked.rule_id,
        asked.condition_no,
        asked.scope,
        stations.*
    from pairs
    inner join asked on pairs.asked_no = asked.asked_no
    inner join stations
        on
            asked.test_key = stations.test_key
            and pairs.place = stations.place
    where
        pairs.nearness_no = 1
        or (pairs.is_holding and pairs.nearness_no <= 5)

),

found as (

    select
        *,
        null as place
    from linked
    union all
    select * from near_by

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
