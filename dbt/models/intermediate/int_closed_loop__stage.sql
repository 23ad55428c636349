-- One row per loop and stage that its kind has, judged by what was promised for the stage. Hidden dangers are those of
-- fct_hazard (one row for the same danger in two feeds) with their own stages; everything else is fct_closed_loop.
with

loops as (

    select * from {{ ref('fct_closed_loop') }}
    where loop_kind <> 'hidden_danger'

),

dangers as (

    select * from {{ ref('fct_hazard') }}
    where duplicate_of is null

),

promises as (

    select * from {{ ref('loop_promise') }}

),

loop_stages as (

    select
        loops.loop_kind,
        loops.loop_key,
        loops.region_code,
        loops.grade,
        loops.opened_at,
        loops.evidence,
        loops.loop_state = 'LAPSED' as is_lapsed,
        loops.is_closed,
        least({{ as_of() }}, loops.ended_at) as judged_at,
        stages.stage_no,
        stages.stage,
        stages.reached_at,
        stages.later_at,
        stages.due_at,
        coalesce(stages.reached_at, stages.later_at) is not null as is_reached,
        false as is_back
    from loops
    inner join lateral (
        values
        (1, 'respond', loops.responded_at, least(loops.disposed_at, loops.closed_at), loops.respond_due_at),
        (2, 'dispose', loops.disposed_at, loops.closed_at, loops.dispose_due_at),
        (3, 'close', loops.closed_at, null::timestamptz, loops.close_due_at)
    ) as stages (stage_no, stage, reached_at, later_at, due_at) on true
    -- the papers of an inspection tell of the re-check only
    where
        loops.loop_kind <> 'inspection_order'
        or stages.stage = 'close'

),

promised_dangers as (

    select
        dangers.*,
        dangers.found_at + make_interval(mins => promise.respond_within_min) as register_due_at,
        coalesce(
            case when dangers.deadline_state not in ('no_deadline', 'contradictory') then dangers.deadline_at end,
            dangers.found_at + make_interval(mins => promise.dispose_within_min)
        ) as rectify_due_at,
        make_interval(mins => promise.close_after_min) as close_after
    from dangers
    left join lateral (
        select promises.*
        from promises
        where
            promises.loop_kind = 'hidden_danger'
            and promises.grade in (dangers.danger_level, 'any')
        order by promises.grade = 'any'
        limit 1
    ) as promise on true

),

danger_stages as (

    select
        'hidden_danger' as loop_kind,
        dangers.danger_code as loop_key,
        dangers.region_code,
        dangers.danger_level as grade,
        dangers.found_at as opened_at,
        'known' as evidence,
        false as is_lapsed,
        dangers.is_closed,
        {{ as_of() }} as judged_at,
        stages.stage_no,
        stages.stage,
        stages.reached_at,
        stages.later_at,
        stages.due_at,
        stages.is_reached,
        stages.is_back
    from promised_dangers as dangers
    inner join lateral (
        values
        (
            1,
            'register',
            dangers.registered_at,
            least(dangers.rectified_at, dangers.accepted_at, dangers.closed_at),
            dangers.register_due_at,
            dangers.stage <> 'found',
            false
        ),
        (
            2,
            'rectify',
            dangers.rectified_at,
            least(dangers.accepted_at, dangers.closed_at),
            dangers.rectify_due_at,
            dangers.stage in ('rectified', 'accepted', 'closed'),
            dangers.is_rectification_refused
        ),
        (
            3,
            'accept',
            dangers.accepted_at,
            dangers.closed_at,
            null::timestamptz,
            dangers.stage in ('accepted', 'closed'),
            dangers.is_acceptance_failed
        ),
        (
            4,
            'close',
            dangers.closed_at,
            null::timestamptz,
            dangers.rectify_due_at + dangers.close_after,
            dangers.is_closed,
            dangers.recurred_at is not null
        )
    ) as stages (stage_no, stage, reached_at, later_at, due_at, is_reached, is_back) on true

),

stages as (

    select * from loop_stages

    union all

    select * from danger_stages

),

-- a stage whose own time is not told was reached by the time of a later one at the latest; if that was too late, or is
-- not told either, nobody knows
final as (

    select
        loop_kind,
        loop_key,
        {{ county_of('region_code') }} as region_code,
        coalesce(grade, 'unknown') as grade,
        opened_at,
        {{ local_day('opened_at') }} as opened_on,
        stage_no,
        stage,
        reached_at,
        due_at,
        is_reached,
        {{ signed_minutes('opened_at', 'reached_at') }} as reached_min,
        case
            when is_reached
                then
                    case
                        when due_at is null then 'UNPROMISED'
                        when coalesce(reached_at, later_at) <= due_at then 'MET'
                        when reached_at > due_at then 'MISSED'
                        else 'NO_EVIDENCE'
                    end
            when evidence = 'none' then 'NO_EVIDENCE'
            when evidence = 'awaited' then 'PENDING'
            when due_at < judged_at then 'MISSED'
            when is_lapsed then 'LAPSED'
            else 'PENDING'
        end as state,
        is_back,
        is_lapsed,
        is_closed,
        evidence
    from stages

)

select * from final
