-- One row per warning and enterprise, as far as it has come.
with

source as (

    select * from {{ source('landing', 'warning_receipt') }}

),

final as (

    select
        ---------- ids
        feed_id,
        warning_identifier,
        enterprise_code,

        ---------- attributes
        enterprise_name,
        channel,
        action,
        is_work_stopped,
        people_moved,
        quality_flags,

        ---------- clocks
        sent_at,
        delivered_at,
        acknowledged_at,
        acted_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
