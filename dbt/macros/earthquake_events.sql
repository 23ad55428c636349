{#
  CTEs from revisions (stg_earthquake) to `final`, one row per earthquake. The preferred id of an event may change, and
  one network may withdraw what another keeps; so ids that were ever named together are one event, its newest
  revision that is not withdrawn speaks for it, and it is deleted only when all its ids are.
  Recursive: the caller's `with` must say so.
#}
{% macro earthquake_events(revisions) %}
neighbours as (

    select distinct
        {{ revisions }}.feed_id,
        {{ revisions }}.event_id as one_id,
        alias.id as other_id
    from {{ revisions }}
    cross join lateral jsonb_array_elements_text({{ revisions }}.ids) as alias (id)
    where alias.id <> '' and alias.id <> {{ revisions }}.event_id

),

both_ways as (

    select feed_id, one_id, other_id from neighbours
    union
    select feed_id, other_id as one_id, one_id as other_id from neighbours

),

reached as (

    select distinct
        feed_id,
        event_id,
        event_id as member_id
    from {{ revisions }}

    union

    select
        reached.feed_id,
        reached.event_id,
        both_ways.other_id as member_id
    from reached
    inner join both_ways
        on
            reached.feed_id = both_ways.feed_id
            and reached.member_id = both_ways.one_id

),

groups as (

    select
        feed_id,
        event_id,
        min(member_id) as group_id
    from reached
    group by feed_id, event_id

),

grouped as (

    select
        {{ revisions }}.*,
        groups.group_id,
        row_number() over (
            partition by {{ revisions }}.feed_id, {{ revisions }}.event_id
            order by {{ revisions }}.updated_at desc
        ) = 1 as is_last_of_id
    from {{ revisions }}
    inner join groups
        on
            {{ revisions }}.feed_id = groups.feed_id
            and {{ revisions }}.event_id = groups.event_id

),

events as (

    select
        feed_id,
        group_id,
        (array_agg(event_id order by updated_at, event_id))[1] as event_key,
        count(*) as revision_count,
        count(distinct event_id) as n_ids,
        min(landed_at) as first_known_at,
        bool_and(status = 'deleted') filter (where is_last_of_id) as is_deleted
    from grouped
    group by feed_id, group_id

),

speaking as (

    select distinct on (feed_id, group_id) * from grouped
    where is_last_of_id
    order by feed_id, group_id, status = 'deleted', updated_at desc, event_id

),

final as (

    select
        speaking.feed_id,
        events.event_key,
        speaking.event_id,
        speaking.ids,
        speaking.event_at,
        speaking.updated_at,
        speaking.magnitude,
        speaking.magnitude_type,
        speaking.depth_km,
        speaking.place,
        speaking.status,
        speaking.event_type,
        speaking.net,
        speaking.mmi,
        speaking.alert,
        speaking.url,
        speaking.geometry,
        events.is_deleted,
        events.revision_count::integer as revision_count,
        events.n_ids::integer as n_ids,
        events.first_known_at,
        speaking.fetched_at,
        speaking.landed_at,
        speaking.batch_id
    from events
    inner join speaking
        on
            events.feed_id = speaking.feed_id
            and events.group_id = speaking.group_id

)
{% endmacro %}
