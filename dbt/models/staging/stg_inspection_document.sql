-- One row per document of a check.
with

source as (

    select * from {{ source('landing', 'inspection_document') }}

),

final as (

    select
        ---------- ids
        feed_id,
        document_code,
        inspection_code,

        ---------- attributes
        document_type,
        quality_flags,

        ---------- clocks
        issued_at,
        deadline_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
