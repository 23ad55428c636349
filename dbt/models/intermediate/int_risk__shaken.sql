-- One row per object and recent earthquake within the radius of a rule.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

rules as (

    select * from {{ ref('dim_risk_rule') }}
    where
        kind = 'earthquake'
        and {{ as_of() }} >= valid_from
        and {{ as_of() }} < valid_to

),

earthquakes as (

    select * from {{ ref('int_earthquake__recent') }}

),

final as (

    select
        objects.object_id,
        rules.rule_id,
        'holds' as outcome,
        rules.level,
        rules.source,
        rules.variable,
        earthquakes.magnitude as value,
        earthquakes.magnitude_type as unit,
        rules.threshold,
        earthquakes.event_id || ' ' || coalesce(earthquakes.place, '') as evidence,
        earthquakes.event_at as observed_at
    from rules
    inner join objects on rules.object_type = objects.object_type
    inner join earthquakes
        on
            not earthquakes.is_deleted
            and earthquakes.magnitude >= rules.threshold
            and earthquakes.event_at > {{ as_of() }} - make_interval(mins => rules.window_minutes)
            and st_dwithin(
                earthquakes.geometry::geography, objects.geometry::geography, rules.radius_km * 1000
            )

)

select * from final
