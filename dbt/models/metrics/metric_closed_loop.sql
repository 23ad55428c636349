-- What was promised is judged at the moment of reading.
with

stages as (

    select * from {{ ref('int_closed_loop__stage') }}

),

counted as (

    select
        opened_on,
        loop_kind,
        region_code,
        grade,
        stage_no,
        stage,
        count(*) as n_opened,
        count(*) filter (where is_reached) as n_reached_stage,
        count(*) filter (where state = 'MET') as n_on_time,
        count(*) filter (where state = 'MISSED') as n_late,
        count(*) filter (where state = 'PENDING') as n_pending,
        count(*) filter (where state = 'NO_EVIDENCE') as n_no_evidence,
        count(*) filter (where state = 'LAPSED') as n_lapsed,
        count(*) filter (where state = 'UNPROMISED') as n_unpromised,
        -- only dangers tell of a step that was taken back
        case when loop_kind = 'hidden_danger' then count(*) filter (where is_back) end as n_went_back,
        count(*) filter (where reached_min < 0) as n_negative,
        percentile_cont(array[0.5, 0.9, 0.95, 1]) within group (
            order by case when reached_min >= 0 then reached_min end
        ) as percentiles
    from stages
    group by opened_on, loop_kind, region_code, grade, stage_no, stage

),

final as (

    select
        opened_on,
        loop_kind,
        region_code,
        grade,
        stage,
        stage_no,
        n_opened,
        n_reached_stage,
        n_on_time,
        n_late,
        n_on_time + n_late as n_due,
        n_pending,
        n_no_evidence,
        n_lapsed,
        n_unpromised,
        n_went_back,
        n_negative,
        percentiles[1] as p50_min,
        percentiles[2] as p90_min,
        percentiles[3] as p95_min,
        percentiles[4] as max_min,
        {{ pct('n_on_time', 'n_on_time + n_late') }} as on_time_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
