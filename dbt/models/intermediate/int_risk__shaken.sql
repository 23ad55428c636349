-- One row per object, condition on earthquakes and recent earthquake whose shaking reaches it; one that says so where
-- none did, which is known only while every catalogue that runs is polled.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where kind = 'earthquake'

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

earthquakes as (

    select * from {{ ref('int_earthquake__recent') }}
    where not is_deleted

),

radii as (

    select * from {{ ref('shaking_radius') }}

),

polled as (

    select * from {{ ref('int_risk__polled') }}
    where main_table = 'earthquake'

),

sources as (

    select
        coalesce(bool_and(is_fresh), false) as is_fresh,
        min(polled_at) as polled_at,
        min(fresh_until) as fresh_until
    from polled

),

shaking as materialized (

    select
        conditions.rule_id,
        conditions.condition_no,
        conditions.object_type,
        conditions.comparison,
        conditions.threshold,
        conditions.window_minutes,
        earthquakes.event_key,
        earthquakes.place,
        earthquakes.magnitude,
        earthquakes.magnitude_type,
        earthquakes.event_at,
        earthquakes.geometry,
        coalesce(conditions.radius_km, reach.radius_km) as radius_km
    from conditions
    inner join earthquakes
        on
            earthquakes.magnitude >= conditions.threshold
            and earthquakes.event_at > {{ as_of() }} - make_interval(mins => conditions.window_minutes)
            and earthquakes.event_at <= {{ as_of() }} + interval '10 minutes'
    left join lateral (
        select max(radii.radius_km) as radius_km
        from radii
        where
            radii.shaking = any(conditions.among)
            and radii.magnitude_from <= earthquakes.magnitude
    ) as reach on true

),

hits as (

    select
        objects.object_id,
        shaking.*
    from shaking
    inner join objects
        on
            shaking.object_type = objects.object_type
            and {{ is_within_km('objects.geometry', 'shaking.geometry', 'shaking.radius_km') }}

),

final as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        'earthquake' as kind,
        null::text as scope,
        'holds' as outcome,
        null::text as level,
        null::text as reason,
        'magnitude' as variable,
        comparison,
        magnitude as value,
        magnitude_type as unit,
        threshold,
        event_key as evidence,
        place as evidence_name,
        event_at as observed_at,
        event_at as met_at,
        event_at as since,
        event_at + make_interval(mins => window_minutes) as until_at,
        event_at + make_interval(mins => window_minutes) as evidence_until
    from hits

    union all

    select
        objects.object_id,
        objects.object_type,
        conditions.rule_id,
        conditions.condition_no,
        'earthquake' as kind,
        null as scope,
        case when sources.is_fresh then 'clear' else 'unknown' end as outcome,
        null as level,
        case when not sources.is_fresh then 'stale' end as reason,
        'magnitude' as variable,
        conditions.comparison,
        null as value,
        null as unit,
        conditions.threshold,
        'no earthquake' as evidence,
        null as evidence_name,
        sources.polled_at as observed_at,
        null as met_at,
        null as since,
        sources.fresh_until as until_at,
        sources.fresh_until as evidence_until
    from objects
    inner join conditions on objects.object_type = conditions.object_type
    cross join sources
    where
        not exists (
            select 1 from hits
            where
                objects.object_id = hits.object_id
                and conditions.rule_id = hits.rule_id
                and conditions.condition_no = hits.condition_no
        )

)

select * from final
