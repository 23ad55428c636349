-- One row per order of an inspection (责令限期整改, 现场处理措施): it closes with the first re-check 整改复查 of the same
-- inspection that is no earlier. When the work was done the papers do not tell.
with

documents as (

    select * from {{ ref('stg_inspection_document') }}

),

orders as (

    select * from documents
    where
        document_type in ('责令限期整改指令书', '现场处理措施决定书')
        and issued_at is not null

),

rechecks as (

    select
        orders.feed_id,
        orders.document_code,
        min(documents.issued_at) as issued_at
    from orders
    inner join documents
        on
            orders.feed_id = documents.feed_id
            and orders.inspection_code = documents.inspection_code
            and orders.issued_at <= documents.issued_at
    where documents.document_type = '整改复查意见书'
    group by orders.feed_id, orders.document_code

),

inspections as (

    select * from {{ ref('stg_inspection') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

final as (

    select
        'inspection_order' as loop_kind,
        concat_ws('|', orders.feed_id, orders.document_code) as loop_key,
        orders.feed_id,
        aliases.credit_code,
        orders.inspection_code as object_code,
        inspections.region_code,
        orders.document_type as subject,
        null::text as grade,
        orders.issued_at as opened_at,
        null::timestamptz as responded_at,
        null::timestamptz as disposed_at,
        rechecks.issued_at as closed_at,
        null::timestamptz as ended_at,
        null::timestamptz as respond_due_at,
        null::timestamptz as dispose_due_at,
        {{ end_of_deadline('orders.deadline_at') }} as deadline_at,
        'known' as evidence
    from orders
    left join inspections
        on
            orders.feed_id = inspections.feed_id
            and orders.inspection_code = inspections.inspection_code
    left join aliases on inspections.enterprise_code = aliases.code
    left join rechecks
        on
            orders.feed_id = rechecks.feed_id
            and orders.document_code = rechecks.document_code

)

select * from final
