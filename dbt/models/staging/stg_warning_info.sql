with

source as (

    select * from {{ source('landing', 'warning_info') }}

),

final as (

    select
        feed_id,
        sender,
        identifier,
        sent_at,
        info_index,
        coalesce(language, 'en-US') as language,
        event,
        event_type_code,
        response_types,
        urgency,
        severity,
        certainty,
        effective_at,
        onset_at,
        expires_at,
        sender_name,
        headline,
        description,
        instruction,
        colour,
        colour_source,
        colour_conflict,
        batch_id

    from source

)

select * from final
