-- One row per message with what its speaking info blocks say: everything but chain and geometry.
with

states as (

    select * from {{ ref('int_warning__state') }}

),

infos as (

    select * from {{ ref('stg_warning_info') }}

),

final as (

    select
        ---------- ids
        states.feed_id,
        states.warning_key,
        states.sender,
        states.identifier,
        states.sent_at,
        states.document_url,

        ---------- attributes
        states.status,
        states.msg_type,
        states.scope,
        states.state,
        states.closed_by as superseded_by,
        states.ended_at,
        coalesce(states.colour, 'unknown') as colour,
        coalesce(states.is_colour_conflict, false) as is_colour_conflict,
        states.speaking,
        infos.event,
        infos.event_type_code,
        infos.severity,
        infos.urgency,
        infos.certainty,
        infos.sender_name,
        infos.headline,
        infos.description,
        infos.instruction,

        ---------- clocks
        states.event_at as onset_at,
        states.expires_at,
        states.fetched_at,
        states.landed_at,
        extract(epoch from states.event_at - states.sent_at)::double precision as lead_seconds,

        ---------- origin
        states.batch_id

    from states
    left join infos
        on
            states.feed_id = infos.feed_id
            and states.sender = infos.sender
            and states.identifier = infos.identifier
            and states.sent_at = infos.sent_at
            and states.main_info = infos.info_index

)

select * from final
