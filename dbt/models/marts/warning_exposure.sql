-- Warnings in force and those that ended within `warning_gap_days`; each message once, from the first feed by name.
with

messages as (

    select distinct on (warning_key)
        warning_key,
        sender,
        identifier,
        sent_at,
        event,
        colour,
        state = 'active' as is_in_force,
        ended_at,
        geometry
    from {{ ref('int_warning__drawn') }}
    where
        state = 'active'
        or (
            state <> 'not_actual'
            and msg_type in ('Alert', 'Update')
            and ended_at > {{ as_of() }} - make_interval(days => {{ var('warning_gap_days') }})
        )
    order by warning_key, state = 'active' desc, feed_id

),

newest_villages as (

    select distinct on (village_code) *
    from {{ ref('stg_village') }}
    order by village_code, year desc, fetched_at desc

),

risk_objects as (

    -- enterprises have warning_reach, and stations nobody who must be told
    select * from {{ ref('dim_risk_object') }}
    where
        is_current
        and object_type in ('geohazard_site', 'waterlogging_point', 'reservoir', 'river_section', 'slope', 'bridge')

),

responsible as (

    select distinct object_code
    from {{ ref('stg_responsible_person') }}
    where
        coalesce(valid_from, {{ always() }}) <= {{ as_of() }}
        and coalesce(valid_to, {{ forever() }}) > {{ as_of() }}

),

objects as (

    select
        'village' as object_type,
        village_code as object_code,
        region_code,
        population,
        households,
        vulnerable_people,
        geometry
    from newest_villages

    union all

    select
        object_type,
        split_part(object_id, ':', 3) as object_code,
        region_code,
        null as population,
        null as households,
        null as vulnerable_people,
        geometry
    from risk_objects

),

final as (

    select
        messages.warning_key,
        {{ county_of('objects.region_code') }} as region_code,
        objects.object_type,
        min(messages.sender) as sender,
        min(messages.identifier) as identifier,
        min(messages.sent_at) as sent_at,
        min(messages.event) as event,
        min(messages.colour) as colour,
        bool_or(messages.is_in_force) as is_in_force,
        min(messages.ended_at) as ended_at,
        count(*) as n_objects,
        count(*) filter (where responsible.object_code is null) as n_without_responsible,
        sum(objects.population) as population,
        sum(objects.households) as households,
        sum(objects.vulnerable_people) as vulnerable_people,
        {{ as_of() }} as as_of
    from messages
    inner join objects on st_intersects(messages.geometry, objects.geometry)
    left join responsible on objects.object_code = responsible.object_code
    group by messages.warning_key, {{ county_of('objects.region_code') }}, objects.object_type

)

select * from final
