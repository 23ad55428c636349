-- One row per county and year.
with

calls as (

    select * from {{ ref('stg_forest_fire_call') }}
    where called_at <= {{ as_of() }}

),

timed as (

    select
        left(region_code, 6) as region_code,
        extract(year from {{ local_day('called_at') }})::integer as year,
        is_false_alarm,
        extinguished_at,
        burnt_ha,
        extract(epoch from dispatched_at - called_at)::double precision / 60 as dispatch_min,
        extract(epoch from arrived_at - called_at)::double precision / 60 as arrival_min,
        extract(epoch from extinguished_at - called_at)::double precision / 60 as out_min
    from calls

),

-- times before the call are slips of the pen
final as (

    select
        region_code,
        year,
        count(*)::integer as n_calls,
        count(*) filter (where is_false_alarm)::integer as n_false_alarms,
        count(*) filter (where not is_false_alarm)::integer as n_fires,
        count(*) filter (where is_false_alarm is null)::integer as n_not_judged,
        count(*) filter (where not is_false_alarm and extinguished_at is null)::integer as n_fires_not_out,
        count(*) filter (where dispatch_min >= 0)::integer as n_dispatched,
        percentile_cont(0.5) within group (order by dispatch_min) filter (where dispatch_min >= 0) as dispatch_p50_min,
        count(*) filter (where arrival_min >= 0)::integer as n_arrived,
        percentile_cont(0.5) within group (order by arrival_min) filter (where arrival_min >= 0) as arrival_p50_min,
        count(*) filter (where out_min >= 0)::integer as n_out,
        percentile_cont(0.5) within group (order by out_min) filter (where out_min >= 0) as out_p50_min,
        coalesce(sum(burnt_ha::numeric), 0)::double precision as burnt_ha,
        year < extract(year from {{ local_day(as_of()) }}) as is_whole_year,
        {{ as_of() }} as as_of
    from timed
    group by region_code, year

)

select * from final
