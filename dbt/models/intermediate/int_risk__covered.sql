-- One row per object, condition on warnings and warning over the object; one that says so where none is in force, which
-- is good news only while every warning source that runs is polled.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where kind = 'warning'

),

objects as (

    select * from {{ ref('int_risk__object') }}

),

warnings as (

    select * from {{ ref('fct_warning_current') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

polled as (

    select * from {{ ref('int_risk__polled') }}
    where main_table = 'warning'

),

sources as (

    select
        coalesce(bool_and(is_fresh), false) as is_fresh,
        min(polled_at) as polled_at,
        min(fresh_until) as fresh_until
    from polled

),

-- a feed of the whole world brings thousands of warnings: those far from all objects are left out at once
extent as (

    select st_setsrid(st_extent(geometry)::geometry, 4326) as box
    from objects

),

near_warnings as materialized (

    select
        warnings.*,
        feeds.active_until
    from warnings
    inner join extent on warnings.geometry && extent.box
    inner join feeds on warnings.feed_id = feeds.feed_id
    where
        -- nobody asks any more whether a warning without an end was lifted
        warnings.expires_at is not null
        or feeds.active_until is null
        or feeds.active_until + make_interval(secs => feeds.fresh_for_s) > {{ as_of() }}

),

-- by object once, not by rule
over_objects as materialized (

    select
        objects.object_id,
        objects.object_type,
        near_warnings.colour,
        near_warnings.event,
        near_warnings.headline,
        near_warnings.warning_key,
        near_warnings.sent_at,
        near_warnings.onset_at,
        near_warnings.expires_at
    from near_warnings
    inner join objects on st_intersects(near_warnings.geometry, objects.geometry)

),

hits as (

    select
        over_objects.*,
        conditions.rule_id,
        conditions.condition_no
    from over_objects
    inner join conditions
        on
            over_objects.object_type = conditions.object_type
            and (
                conditions.among is null or over_objects.colour = 'unknown'
                or over_objects.colour = any(conditions.among)
            )
            and (conditions.variable is null or position(conditions.variable in over_objects.event) > 0)

),

final as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        'warning' as kind,
        null::text as scope,
        case when colour = 'unknown' then 'unknown' else 'holds' end as outcome,
        nullif(colour, 'unknown') as level,
        case when colour = 'unknown' then 'no_colour' end as reason,
        event as variable,
        null::text as comparison,
        null::double precision as value,
        null::text as unit,
        null::double precision as threshold,
        warning_key as evidence,
        headline as evidence_name,
        sent_at as observed_at,
        sent_at as met_at,
        onset_at as since,
        coalesce(expires_at, {{ forever() }}) as until_at,
        coalesce(expires_at, {{ forever() }}) as evidence_until
    from hits

    union all

    select
        objects.object_id,
        objects.object_type,
        conditions.rule_id,
        conditions.condition_no,
        'warning' as kind,
        null as scope,
        case when sources.is_fresh then 'clear' else 'unknown' end as outcome,
        null as level,
        case when not sources.is_fresh then 'stale' end as reason,
        conditions.variable,
        null as comparison,
        null as value,
        null as unit,
        null as threshold,
        'no warning in force' as evidence,
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
