with

messages as (

    select * from {{ ref('int_warning__drawn') }}
    where state = 'active'

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
        messages.area_desc,
        messages.geometry_source,
        messages.matched_level,
        messages.geometry,

        ---------- clocks
        messages.onset_at,
        messages.expires_at,
        messages.lead_seconds,
        messages.landed_at

    from messages

)

select * from final
