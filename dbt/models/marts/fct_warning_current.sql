with

messages as (

    select * from {{ ref('int_warning__message') }}
    where state = 'active'

),

areas as (

    select * from {{ ref('int_warning__area') }}

),

final as (

    select
        ---------- ids
        messages.feed_id,
        messages.warning_key,
        messages.sender,
        messages.identifier,
        messages.sent_at,

        ---------- attributes
        messages.msg_type,
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
        drawn.area_desc,
        drawn.geometry_source,
        drawn.matched_level,
        drawn.geometry,

        ---------- clocks
        messages.onset_at,
        messages.expires_at,
        messages.lead_seconds,
        messages.landed_at

    from messages
    left join lateral (
        {{ warning_geometry('messages', 'areas') }}
    ) as drawn on true

)

select * from final
