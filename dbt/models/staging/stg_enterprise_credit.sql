-- One row per enterprise and quarter.
with

source as (

    select * from {{ source('landing', 'enterprise_credit') }}

),

final as (

    select
        ---------- ids
        feed_id,
        enterprise_code,
        quarter,

        ---------- attributes
        enterprise_name,
        list_type,
        score,
        reason,
        quality_flags,

        ---------- clocks
        listed_at,
        removed_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
