-- One row per county, month and type of finding.
with

findings as (

    select * from {{ ref('fct_video_finding') }}
    where found_at <= {{ as_of() }}

),

final as (

    select
        left(region_code, 6) as region_code,
        date_trunc('month', {{ local_day('found_at') }})::date as month,
        finding_type,
        count(*)::integer as n_found,
        count(distinct camera_code)::integer as n_cameras,
        count(is_confirmed)::integer as n_judged,
        count(*) filter (where is_confirmed)::integer as n_confirmed,
        100::double precision * count(*) filter (where is_confirmed) / nullif(count(is_confirmed), 0) as accuracy_pct,
        count(*) filter (where is_confirmed and is_handled)::integer as n_handled,
        100::double precision * count(*) filter (where is_confirmed and is_handled)
        / nullif(count(*) filter (where is_confirmed), 0) as handled_pct,
        count(confirmed_after_min)::integer as n_confirm_timed,
        percentile_cont(0.5) within group (order by confirmed_after_min) as confirmed_p50_min,
        count(handled_after_min)::integer as n_handle_timed,
        percentile_cont(0.5) within group (order by handled_after_min) as handled_p50_min,
        {{ as_of() }} as as_of
    from findings
    group by left(region_code, 6), date_trunc('month', {{ local_day('found_at') }})::date, finding_type

)

select * from final
