-- One row per object and warning in force over it, and one per object if every warning source is fresh and none warns.
with

objects as (

    select * from {{ ref('int_risk__object') }}

),

rules as (

    select * from {{ ref('dim_risk_rule') }}
    where
        kind = 'warning'
        and {{ as_of() }} >= valid_from
        and {{ as_of() }} < valid_to

),

warnings as (

    select * from {{ ref('fct_warning_current') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where
        main_table = 'warning'
        and active_until is null

),

polls as (

    select * from {{ ref('stg_poll') }}

),

last_polls as (

    select
        feeds.feed_id,
        feeds.fresh_for_s,
        max(polls.polled_at) as polled_at
    from feeds
    left join polls
        on
            feeds.feed_id = polls.feed_id
            -- a poll is committed after it was made: committed_at has an index, so it bounds the search
            and polls.committed_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
    group by feeds.feed_id, feeds.fresh_for_s

),

evidence as (

    select
        coalesce(bool_and(coalesce(polled_at > {{ as_of() }} - make_interval(secs => fresh_for_s), false)), false) as is_fresh,
        min(polled_at) as polled_at
    from last_polls

),

-- a feed of the whole world brings thousands of warnings: those far from all objects are left out at once
extent as (

    select st_setsrid(st_extent(geometry)::geometry, 4326) as box
    from objects

),

near_warnings as (

    select warnings.* from warnings
    inner join extent on warnings.geometry && extent.box

),

hits as (

    select
        objects.object_id,
        rules.rule_id,
        rules.source,
        coalesce(rules.level, near_warnings.colour) as level,
        near_warnings.event,
        near_warnings.warning_key,
        near_warnings.sent_at
    from objects
    inner join rules on objects.object_type = rules.object_type
    inner join near_warnings on st_intersects(near_warnings.geometry, objects.geometry)

),

final as (

    select
        object_id,
        rule_id,
        case when level = 'unknown' then 'unknown' else 'holds' end as outcome,
        level,
        source,
        event as variable,
        null::double precision as value,
        null::text as unit,
        null::double precision as threshold,
        warning_key as evidence,
        sent_at as observed_at
    from hits

    union all

    select
        objects.object_id,
        rules.rule_id,
        'clear' as outcome,
        null as level,
        rules.source,
        null as variable,
        null as value,
        null as unit,
        null as threshold,
        'no warning in force' as evidence,
        evidence.polled_at as observed_at
    from objects
    inner join rules on objects.object_type = rules.object_type
    cross join evidence
    where
        evidence.is_fresh
        and not exists (
            select 1 from hits
            where objects.object_id = hits.object_id
        )

)

select * from final
