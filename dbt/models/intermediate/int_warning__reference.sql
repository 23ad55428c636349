-- One row per message and message that it refers to. A later version under the same identifier refers to the one
-- before it, although it does not say so. What is referred to may be unknown here, or no triple at all.
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

versions as (

    select
        *,
        lag(sent_at) over (partition by feed_id, sender, identifier order by sent_at) as referenced_sent_at
    from messages

),

final as (

    select
        feed_id,
        sender,
        identifier,
        sent_at,
        warning_key,
        status,
        msg_type,
        parts[1] as referenced_sender,
        parts[2] as referenced_identifier,
        referenced_sent_at,
        coalesce({{ cap_key('parts[1]', 'parts[2]', 'referenced_sent_at') }}, reference_text) as referenced_key
    from dated

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
