-- Versions of entries begin and end; a day's count is the sum of what began and ended until its end.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where status is distinct from 'closed'

),

points as (

    select * from {{ ref('dim_monitoring_point') }}
    where is_in_use

),

versions as (

    select * from {{ ref('int_register__version') }}
    where
        register in ('hazard_site', 'waterlogging_point', 'reserve_depot')
        and is_listed

),

persons as (

    select * from {{ ref('stg_responsible_person') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

mandatory as (

    select * from {{ ref('mandatory_attribute') }}

),

entries as (

    select
        feed_id,
        'enterprise' as register,
        credit_code as entry_code,
        concat_ws(' ', case when is_key_enterprise then 'key' end, industry) as category,
        jsonb_build_object(
            'region', region_code,
            'coordinates', case when geometry is not null then 'yes' end,
            'address', address,
            'industry', industry,
            'static_level', nullif(static_level, 'unknown'),
            'employees', employees
        ) as attributes,
        valid_from,
        valid_to
    from enterprises

    union all

    select
        feed_id,
        register,
        point_code as entry_code,
        category,
        jsonb_build_object(
            'region', region_code,
            'coordinates', case when geometry is not null then 'yes' end,
            'owner', owner_code,
            'location', location,
            'category', category,
            'unit', unit,
            'thresholds', nullif(thresholds, '{}')
        ) as attributes,
        valid_from,
        valid_to
    from points

    union all

    select
        feed_id,
        register,
        entry_code,
        entry ->> 'category' as category,
        jsonb_build_object(
            'region', entry ->> 'region_code',
            'coordinates', case when geometry is not null then 'yes' end,
            'owner', entry ->> 'owner_code',
            'category', entry ->> 'category',
            'static_level', nullif(entry ->> 'static_level', 'unknown')
        ) as attributes,
        valid_from,
        valid_to
    from versions

),

asked as (

    select
        entries.feed_id,
        entries.register,
        entries.entry_code,
        entries.attributes ->> mandatory.attribute as told,
        entries.valid_from,
        entries.valid_to,
        mandatory.attribute
    from entries
    inner join mandatory
        on
            entries.register = mandatory.register
            and (
                mandatory.category is null
                or coalesce(entries.category, '') ~ ('^(' || mandatory.category || ')$')
            )

),

-- the times in which anybody answered for an enterprise or object, however many persons
contacts as (

    select
        coalesce(aliases.credit_code, persons.object_code) as entry_code,
        unnest(
            range_agg(
                tstzrange(coalesce(persons.valid_from, {{ always() }}), coalesce(persons.valid_to, {{ forever() }}))
            )
        ) as term
    from persons
    left join aliases on persons.object_code = aliases.code
    where coalesce(persons.valid_from, {{ always() }}) < coalesce(persons.valid_to, {{ forever() }})
    group by coalesce(aliases.credit_code, persons.object_code)

),

spans as (

    select
        feed_id,
        register,
        attribute,
        valid_from,
        valid_to,
        1 as n_entries,
        case when told <> '' then 1 else 0 end as n_with_attribute
    from asked

    union all

    select
        asked.feed_id,
        asked.register,
        asked.attribute,
        greatest(asked.valid_from, lower(contacts.term)) as valid_from,
        least(asked.valid_to, upper(contacts.term)) as valid_to,
        0 as n_entries,
        1 as n_with_attribute
    from asked
    inner join contacts
        on
            asked.entry_code = contacts.entry_code
            and asked.valid_from < upper(contacts.term)
            and asked.valid_to > lower(contacts.term)
    where asked.attribute = 'contact'

),

changes as (

    select
        spans.feed_id,
        spans.register,
        spans.attribute,
        -- the register stood before its feed was switched on
        greatest({{ local_day('changed.changed_at') }}, {{ local_day('feeds.active_from') }}) as day,
        sum(changed.sign * spans.n_entries)::bigint as n_entries,
        sum(changed.sign * spans.n_with_attribute)::bigint as n_with_attribute
    from spans
    inner join feeds on spans.feed_id = feeds.feed_id
    inner join lateral (values (spans.valid_from, 1), (spans.valid_to, -1)) as changed (changed_at, sign)
        on changed.changed_at <= {{ as_of() }}
    group by
        spans.feed_id,
        spans.register,
        spans.attribute,
        greatest({{ local_day('changed.changed_at') }}, {{ local_day('feeds.active_from') }})

),

grid as (

    select
        registers.feed_id,
        registers.register,
        registers.attribute,
        day.day::date as day
    from (
        select
            feed_id,
            register,
            attribute,
            min(day) as first_day
        from changes
        group by feed_id, register, attribute
    ) as registers
    inner join feeds on registers.feed_id = feeds.feed_id
    inner join lateral generate_series(
        registers.first_day::timestamp,
        {{ local_day('least(' ~ as_of() ~ ', feeds.active_until)') }}::timestamp,
        interval '1 day'
    ) as day (day) on true

),

counted as (

    select
        grid.feed_id,
        grid.register,
        grid.attribute,
        grid.day,
        (sum(coalesce(changes.n_entries, 0)) over by_attribute)::bigint as n_entries,
        (sum(coalesce(changes.n_with_attribute, 0)) over by_attribute)::bigint as n_with_attribute
    from grid
    left join changes
        on
            grid.feed_id = changes.feed_id
            and grid.register = changes.register
            and grid.attribute = changes.attribute
            and grid.day = changes.day
    window by_attribute as (partition by grid.feed_id, grid.register, grid.attribute order by grid.day)

),

final as (

    select
        *,
        n_entries - n_with_attribute as n_missing,
        {{ pct('n_with_attribute', 'n_entries') }} as complete_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
