with

source as (

    select * from {{ source('landing', 'warning') }}

),

final as (

    select
        ---------- ids
        feed_id,
        sender,
        identifier,
        sent_at,
        {{ cap_key('sender', 'identifier', 'sent_at') }} as warning_key,
        document_url,

        ---------- attributes
        status,
        msg_type,
        scope,
        note,
        cap_version,
        {{ as_array('reference_list') }} as reference_list,

        ---------- clocks
        event_at,
        sent_at as issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
