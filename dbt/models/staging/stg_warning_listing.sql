with

source as (

    select * from {{ source('landing', 'warning_listing') }}

),

final as (

    select
        feed_id,
        document_url,
        listed_at,
        payload_sha256,
        batch_id

    from source

)

select * from final
