-- One row per message: the chain it belongs to, whatever the order of arrival and however many links are missing.
-- A chain is named after its earliest member, known or only referred to.
with recursive

links as (

    select
        feed_id,
        warning_key,
        referenced_key,
        referenced_sent_at
    from {{ ref('int_warning__reference') }}
    where warning_key <> referenced_key

),

messages as (

    select
        feed_id,
        warning_key,
        sent_at
    from {{ ref('stg_warning') }}

),

neighbours as (

    select
        feed_id,
        warning_key as one_key,
        referenced_key as other_key
    from links

    union

    select
        feed_id,
        referenced_key as one_key,
        warning_key as other_key
    from links

),

reached as (

    select
        feed_id,
        warning_key,
        warning_key as member_key
    from messages

    union

    select
        reached.feed_id,
        reached.warning_key,
        neighbours.other_key as member_key
    from reached
    inner join neighbours
        on
            reached.feed_id = neighbours.feed_id
            and reached.member_key = neighbours.one_key

),

members as (

    select
        feed_id,
        warning_key as member_key,
        sent_at,
        true as is_known
    from messages

    union all

    select distinct
        links.feed_id,
        links.referenced_key as member_key,
        links.referenced_sent_at as sent_at,
        false as is_known
    from links
    where not exists (
        select 1 from messages
        where
            links.feed_id = messages.feed_id
            and links.referenced_key = messages.warning_key
    )

),

final as (

    select
        reached.feed_id,
        reached.warning_key,
        (array_agg(reached.member_key order by members.sent_at, reached.member_key))[1] as chain_key,
        count(*) filter (where members.is_known) as n_messages,
        coalesce(
            jsonb_agg(reached.member_key order by reached.member_key) filter (where not members.is_known), '[]'::jsonb
        ) as unknown_references,
        (
            array_agg(reached.member_key order by members.sent_at desc, reached.member_key desc)
            filter (where members.is_known)
        )[1] as latest_key
    from reached
    inner join members
        on
            reached.feed_id = members.feed_id
            and reached.member_key = members.member_key
    group by reached.feed_id, reached.warning_key

)

select * from final
