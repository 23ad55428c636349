-- A view, so that an edited contract counts at once. No source tells a department's history, so there are no versions.
with

aliases as (

    select * from {{ ref('dim_department_alias') }}

),

departments as (

    select * from {{ ref('department') }}

),

feeds as (

    select * from {{ source('ops', 'feed') }}

),

promises as (

    select * from {{ ref('stg_sharing_promise') }}

),

named as (

    select
        department_code,
        bool_or(is_listed) as is_listed,
        jsonb_agg(name order by name) as names,
        min(name) as any_name
    from aliases
    group by department_code

),

owned as (

    select
        aliases.department_code,
        jsonb_agg(feeds.feed_id order by feeds.feed_id) as feed_ids,
        count(*) as n_feeds,
        count(*) filter (where feeds.active_until is null) as n_running_feeds
    from feeds
    inner join aliases on feeds.department = aliases.name
    group by aliases.department_code

),

promised as (

    select
        aliases.department_code,
        count(*) as n_promised_feeds
    from promises
    inner join aliases on promises.department = aliases.name
    where
        promises.promised_from <= {{ as_of() }}
        and coalesce(promises.promised_to, {{ forever() }}) > {{ as_of() }}
    group by aliases.department_code

),

final as (

    select
        named.department_code,
        coalesce(departments.department_name, named.any_name) as department_name,
        departments.department_name_en,
        named.is_listed,
        named.names,
        coalesce(owned.feed_ids, '[]') as feed_ids,
        coalesce(owned.n_feeds, 0)::integer as n_feeds,
        coalesce(owned.n_running_feeds, 0)::integer as n_running_feeds,
        coalesce(promised.n_promised_feeds, 0)::integer as n_promised_feeds,
        {{ as_of() }} as as_of
    from named
    left join departments on named.department_code = departments.department_code
    left join owned on named.department_code = owned.department_code
    left join promised on named.department_code = promised.department_code

)

select * from final
