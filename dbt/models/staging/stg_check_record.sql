-- One row per check that was made (sec_hidden_check_record). The codes of isDefend and checkStatus are not published:
-- they stay as sent.
with

source as (

    select * from {{ source('landing', 'check_record') }}

),

final as (

    select
        ---------- ids
        feed_id,
        record_code,
        enterprise_code,
        mission_code,

        ---------- attributes
        is_defended as defence_state,
        check_status,
        coalesce(is_deleted, false) as is_deleted,
        quality_flags,

        ---------- clocks
        checked_at,
        created_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
