-- One row per check of an enterprise 行政检查, with its documents, its cases and the re-check that it owes.
with

inspections as (

    select * from {{ ref('stg_inspection') }}

),

papers as (

    select * from {{ ref('int_inspection__paper') }}

),

cases as (

    select * from {{ ref('int_inspection__case') }}

),

codes as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

joined as (

    select
        inspections.*,
        codes.credit_code,
        coalesce(inspections.region_code, enterprises.region_code) as counted_code,
        coalesce(enterprises.enterprise_name, inspections.enterprise_name) as known_name,
        enterprises.industry,
        papers.ordered_at,
        papers.order_deadline_at,
        papers.recheck_due_at,
        papers.rechecked_at,
        coalesce(papers.n_documents, 0) as n_documents,
        coalesce(papers.n_site_records, 0) as n_site_records,
        coalesce(papers.n_orders, 0) as n_orders,
        coalesce(papers.n_recheck_notes, 0) as n_recheck_notes,
        coalesce(papers.n_measure_decisions, 0) as n_measure_decisions,
        coalesce(papers.n_joint_documents, 0) as n_joint_documents,
        coalesce(cases.n_cases, 0) as n_cases,
        coalesce(cases.n_cases_closed, 0) as n_cases_closed,
        coalesce(cases.fines_cny, 0) as fines_cny,
        case
            when coalesce(papers.n_orders, 0) = 0 then 'not_owed'
            when papers.rechecked_at <= papers.recheck_due_at then 'made'
            when papers.rechecked_at > papers.recheck_due_at then 'made_late'
            when papers.rechecked_at is not null then 'made'
            when papers.recheck_due_at is null then 'no_deadline'
            when {{ as_of() }} > papers.recheck_due_at then 'missed'
            else 'pending'
        end as recheck_state
    from inspections
    left join papers
        on
            inspections.feed_id = papers.feed_id
            and inspections.inspection_code = papers.inspection_code
    left join cases
        on
            inspections.inspection_code = cases.inspection_code
            and inspections.enterprise_code = cases.enterprise_code
    left join codes on inspections.enterprise_code = codes.code
    left join enterprises
        on
            codes.credit_code = enterprises.credit_code
            and (inspections.checked_at >= enterprises.valid_from or enterprises.is_first_version)
            and inspections.checked_at < enterprises.valid_to

),

-- what is judged counts for a run; what is still pending neither ends nor lengthens it
run_starts as (

    select
        *,
        count(*) filter (where recheck_state in ('made', 'made_late')) over so_far as run
    from joined
    window so_far as (
        partition by coalesce(credit_code, enterprise_code) order by checked_at, feed_id, inspection_code
    )

),

final as (

    select
        ---------- ids
        feed_id,
        inspection_code,
        enterprise_code,
        credit_code,
        counted_code as region_code,

        ---------- attributes
        known_name as enterprise_name,
        industry,
        check_type,
        coalesce(is_joint, false) or coalesce(check_type = '联合检查', false) as is_joint,
        inspector_hashes,
        coalesce(inspector_count, nullif(jsonb_array_length(inspector_hashes), 0)) as n_inspectors,
        danger_count,
        major_danger_count,
        coalesce(is_stopped, false) as is_stopped,
        result,

        ---------- documents
        n_documents,
        n_site_records,
        n_orders,
        n_recheck_notes,
        n_measure_decisions,
        n_joint_documents,

        ---------- cases
        n_cases,
        n_cases_closed,
        fines_cny,

        ---------- re-check
        ordered_at,
        order_deadline_at,
        recheck_due_at,
        rechecked_at,
        recheck_state,
        (
            count(*) filter (where recheck_state = 'missed') over (
                partition by coalesce(credit_code, enterprise_code), run order by checked_at, feed_id, inspection_code
            )
        )::integer as missed_running,

        ---------- clocks and origin
        checked_at,
        updated_at,
        landed_at,
        batch_id,
        {{ as_of() }} as as_of
    from run_starts

)

select * from final
