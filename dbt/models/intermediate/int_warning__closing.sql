-- One row per message that an actual Update, Cancel or newer version puts an end to. A Cancel outweighs an Update.
with

closings as (

    select * from {{ ref('int_warning__reference') }}
    where
        status = 'Actual'
        and msg_type in ('Alert', 'Update', 'Cancel')
        -- an Alert that names others only continues their story; a newer version of the same identifier replaces it
        and (msg_type <> 'Alert' or (sender = referenced_sender and identifier = referenced_identifier))
        and warning_key <> referenced_key
        and sent_at >= referenced_sent_at

),

final as (

    select distinct on (feed_id, referenced_sender, referenced_identifier, referenced_sent_at)
        feed_id,
        referenced_sender as sender,
        referenced_identifier as identifier,
        referenced_sent_at as sent_at,
        msg_type = 'Cancel' as is_cancelled,
        warning_key as closed_by,
        sent_at as closed_at
    from closings
    order by
        feed_id,
        referenced_sender,
        referenced_identifier,
        referenced_sent_at,
        (msg_type = 'Cancel') desc,
        closings.sent_at desc,
        warning_key desc

)

select * from final
