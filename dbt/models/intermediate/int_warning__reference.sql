-- One row per message and message that it refers to. A later version under the same identifier refers to the one
-- before it, although it does not say so. Some sources name the other message by its identifier alone: then the newest
-- message of the feed is meant that bears it and is no younger. What is referred to may be unknown here, or nonsense.
with

messages as (

    select * from {{ ref('stg_warning') }}

),

-- materialized: the match is taken apart once, not once for every column that needs a part of it
named as materialized (

    select
        messages.feed_id,
        messages.sender,
        messages.identifier,
        messages.sent_at,
        messages.warning_key,
        messages.status,
        messages.msg_type,
        btrim(reference.text) as reference_text,
        regexp_match(btrim(reference.text), '^([^,]+),(.+),([^,]+)$') as parts
    from messages
    cross join lateral jsonb_array_elements_text(messages.reference_list) as reference (text)

),

dated as materialized (

    select
        *,
        {{ cap_time('parts[3]') }} as referenced_sent_at
    from named

),

-- materialized: few references are bare, and these few are looked up at once
bare as materialized (

    select distinct on (dated.feed_id, dated.warning_key, dated.reference_text)
        dated.feed_id,
        dated.warning_key,
        dated.reference_text,
        meant.sender,
        meant.identifier,
        meant.sent_at,
        meant.warning_key as meant_key
    from dated
    inner join messages as meant
        on
            dated.feed_id = meant.feed_id
            and dated.reference_text = meant.identifier
            and dated.sent_at >= meant.sent_at
            and dated.warning_key <> meant.warning_key
    where dated.parts is null
    order by
        dated.feed_id,
        dated.warning_key,
        dated.reference_text,
        (dated.sender = meant.sender) desc,
        meant.sent_at desc,
        meant.warning_key desc

),

versions as (

    select
        *,
        lag(sent_at) over (partition by feed_id, sender, identifier order by sent_at) as referenced_sent_at
    from messages

),

final as (

    select
        dated.feed_id,
        dated.sender,
        dated.identifier,
        dated.sent_at,
        dated.warning_key,
        dated.status,
        dated.msg_type,
        coalesce(dated.parts[1], bare.sender) as referenced_sender,
        coalesce(dated.parts[2], bare.identifier) as referenced_identifier,
        coalesce(dated.referenced_sent_at, bare.sent_at) as referenced_sent_at,
        coalesce(
            {{ cap_key('dated.parts[1]', 'dated.parts[2]', 'dated.referenced_sent_at') }},
            bare.meant_key,
            dated.reference_text
        ) as referenced_key
    from dated
    left join bare
        on
            dated.feed_id = bare.feed_id
            and dated.warning_key = bare.warning_key
            and dated.reference_text = bare.reference_text

    union all

    select
        feed_id,
        sender,
        identifier,
        sent_at,
        warning_key,
        status,
        msg_type,
        sender as referenced_sender,
        identifier as referenced_identifier,
        referenced_sent_at,
        {{ cap_key('sender', 'identifier', 'referenced_sent_at') }} as referenced_key
    from versions
    where
        referenced_sent_at is not null
        and msg_type in ('Alert', 'Update', 'Cancel')

)

select * from final
