-- One row per check with documents: what was written, and whether the re-check that an order demands was made.
with

documents as (

    select
        feed_id,
        inspection_code,
        document_type,
        issued_at,
        {{ end_of_deadline('deadline_at') }} as deadline_at
    from {{ ref('stg_inspection_document') }}

),

counted as (

    select
        feed_id,
        inspection_code,
        count(*)::integer as n_documents,
        (count(*) filter (where document_type = '现场检查记录'))::integer as n_site_records,
        (count(*) filter (where document_type = '责令限期整改指令书'))::integer as n_orders,
        (count(*) filter (where document_type = '整改复查意见书'))::integer as n_recheck_notes,
        (count(*) filter (where document_type = '现场处理措施决定书'))::integer as n_measure_decisions,
        (count(*) filter (where document_type = '联合检查文书'))::integer as n_joint_documents,
        min(issued_at) filter (where document_type = '责令限期整改指令书') as ordered_at,
        max(deadline_at) filter (where document_type = '责令限期整改指令书') as order_deadline_at
    from documents
    group by feed_id, inspection_code

),

-- a note from before the order is no answer to it
rechecks as (

    select
        documents.feed_id,
        documents.inspection_code,
        min(documents.issued_at) as rechecked_at
    from documents
    inner join counted
        on
            documents.feed_id = counted.feed_id
            and documents.inspection_code = counted.inspection_code
            and documents.issued_at >= counted.ordered_at
    where documents.document_type = '整改复查意见书'
    group by documents.feed_id, documents.inspection_code

),

final as (

    select
        counted.*,
        rechecks.rechecked_at,
        counted.order_deadline_at
        + make_interval(days => {{ assumed('recheck_grace_days') }}::integer) as recheck_due_at
    from counted
    left join rechecks
        on
            counted.feed_id = rechecks.feed_id
            and counted.inspection_code = rechecks.inspection_code

)

select * from final
