with

messages as (

    select * from {{ ref('int_warning__drawn') }}

),

chains as (

    select * from {{ ref('int_warning__chain') }}

),

final as (

    select
        ---------- ids
        messages.feed_id,
        messages.warning_key,
        chains.chain_key,
        messages.sender,
        messages.identifier,
        messages.sent_at,
        messages.document_url,

        ---------- attributes
        messages.status,
        messages.msg_type,
        messages.scope,
        messages.state,
        chains.latest_key = messages.warning_key as is_latest,
        messages.superseded_by,
        chains.unknown_references,
        messages.colour,
        messages.is_colour_conflict,
        messages.event,
        messages.event_type_code,
        messages.severity,
        messages.urgency,
        messages.certainty,
        messages.sender_name,
        messages.headline,
        messages.description,
        messages.instruction,
        messages.area_desc,
        messages.geometry_source,
        messages.matched_level,
        messages.geometry,

        ---------- clocks
        messages.onset_at,
        messages.expires_at,
        messages.ended_at,
        messages.lead_seconds,
        messages.fetched_at,
        messages.landed_at,

        ---------- origin
        messages.batch_id

    from messages
    left join chains
        on
            messages.feed_id = chains.feed_id
            and messages.warning_key = chains.warning_key

)

select * from final
