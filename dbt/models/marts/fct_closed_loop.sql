-- What was promised is judged at the moment of reading.
with

loops as (

    select * from {{ ref('int_closed_loop__warning') }}
    union all
    select * from {{ ref('int_closed_loop__alarm') }}
    union all
    select * from {{ ref('int_closed_loop__danger') }}
    union all
    select * from {{ ref('int_closed_loop__finding') }}
    union all
    select * from {{ ref('int_closed_loop__order') }}

),

promises as (

    select * from {{ ref('loop_promise') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

promised as (

    select
        loops.loop_kind,
        loops.loop_key,
        loops.feed_id,
        loops.credit_code,
        loops.object_code,
        coalesce(loops.region_code, enterprises.region_code) as region_code,
        loops.subject,
        loops.grade,
        loops.opened_at,
        loops.responded_at,
        loops.disposed_at,
        loops.closed_at,
        loops.ended_at,
        loops.evidence,
        coalesce(
            loops.respond_due_at, loops.opened_at + make_interval(mins => promise.respond_within_min)
        ) as respond_due_at,
        coalesce(
            loops.dispose_due_at,
            case
                when promise.dispose_within_min is not null
                    then
                        coalesce(
                            loops.deadline_at, loops.opened_at + make_interval(mins => promise.dispose_within_min)
                        )
            end
        ) as dispose_due_at,
        coalesce(
            loops.deadline_at, loops.opened_at + make_interval(mins => coalesce(promise.dispose_within_min, 0))
        ) + make_interval(mins => promise.close_after_min) as close_due_at
    from loops
    left join enterprises on loops.credit_code = enterprises.credit_code
    left join lateral (
        select
            promises.respond_within_min,
            promises.dispose_within_min,
            promises.close_after_min
        from promises
        where
            loops.loop_kind = promises.loop_kind
            and promises.grade in (loops.grade, 'any')
        order by promises.grade = 'any'
        limit 1
    ) as promise on true

),

-- A stage whose time is not told, though a later one was reached, is not judged; one that is still to come is late by
-- now, or was when the warning or alarm ended.
late as (

    select
        *,
        case
            when evidence <> 'known' and responded_at is null then null
            when
                coalesce(responded_at, case when coalesce(disposed_at, closed_at) is null then judged_at end)
                > respond_due_at
                then 'response'
            when coalesce(disposed_at, case when closed_at is null then judged_at end) > dispose_due_at
                then 'disposal'
            when coalesce(closed_at, judged_at) > close_due_at then 'closing'
        end as overdue_stage
    from promised
    cross join lateral (select least({{ as_of() }}, promised.ended_at) as judged_at) as clock

),

final as (

    select
        ---------- ids
        loop_kind,
        loop_key,
        feed_id,
        credit_code,
        object_code,
        region_code,

        ---------- attributes
        subject,
        grade,
        case
            when closed_at is not null then 'closed'
            when disposed_at is not null then 'disposed'
            when responded_at is not null then 'responded'
            else 'opened'
        end as stage,
        case
            when closed_at is not null then 'CLOSED'
            when responded_at is null and evidence = 'none' then 'NO_EVIDENCE'
            when responded_at is null and evidence = 'awaited' then 'PENDING'
            when disposed_at is null and ended_at <= {{ as_of() }} then 'LAPSED'
            when responded_at is null and disposed_at is null and respond_due_at < {{ as_of() }} then 'OVERDUE'
            when disposed_at is null and dispose_due_at < {{ as_of() }} then 'OVERDUE'
            when close_due_at < {{ as_of() }} then 'OVERDUE'
            else 'PENDING'
        end as loop_state,
        closed_at is not null as is_closed,
        overdue_stage is not null as is_overdue,
        overdue_stage,
        evidence,

        ---------- clocks
        opened_at,
        responded_at,
        disposed_at,
        closed_at,
        ended_at,
        respond_due_at,
        dispose_due_at,
        close_due_at,
        {{ signed_minutes('opened_at', 'responded_at') }} as response_min,
        {{ signed_minutes('opened_at', 'disposed_at') }} as disposal_min,
        {{ signed_minutes('opened_at', 'closed_at') }} as closing_min,
        {{ as_of() }} as as_of
    from late

)

select * from final
