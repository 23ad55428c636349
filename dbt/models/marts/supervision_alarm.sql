-- One row per local day, region, industry, level and channel in which something was raised.
with

alarms as (

    select * from {{ ref('fct_alarm') }}

),

findings as (

    select * from {{ ref('stg_ai_finding') }}

),

cameras as (

    select * from {{ ref('dim_monitoring_point') }}
    where register = 'camera' and is_current

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

raised as (

    select
        alarms.started_at as raised_at,
        alarms.origin as channel,
        alarms.region_code,
        alarms.credit_code,
        alarms.level,
        alarms.is_confirmed,
        alarms.acknowledged_at,
        alarms.ended_at as over_at
    from alarms

    union all

    select
        findings.found_at as raised_at,
        'video' as channel,
        camera.region_code,
        coalesce(aliases.credit_code, camera.credit_code) as credit_code,
        coalesce(findings.level, 'unknown') as level,
        findings.is_confirmed,
        findings.confirmed_at as acknowledged_at,
        -- a finding judged false needs no handling
        coalesce(findings.handled_at, case when not findings.is_confirmed then findings.confirmed_at end) as over_at
    from findings
    left join lateral (
        select
            cameras.region_code,
            cameras.credit_code
        from cameras
        where findings.camera_code = cameras.point_code
        order by cameras.feed_id
        limit 1
    ) as camera on true
    left join aliases on findings.enterprise_code = aliases.code

),

told as (

    select
        raised.*,
        {{ local_day('raised.raised_at') }} as day,
        enterprises.industry,
        extract(epoch from raised.acknowledged_at - raised.raised_at) / 60 as acknowledge_min,
        extract(epoch from raised.over_at - raised.raised_at) / 60 as over_min
    from raised
    left join enterprises on raised.credit_code = enterprises.credit_code
    where raised.raised_at <= {{ as_of() }}

),

counted as (

    select
        day,
        region_code,
        industry,
        level,
        channel,
        count(*) as n_alarms,
        count(is_confirmed) as n_judged,
        count(*) filter (where is_confirmed) as n_confirmed,
        count(*) filter (where not is_confirmed) as n_false,
        count(*) filter (where is_confirmed is null) as n_not_judged,
        count(acknowledge_min) as n_acknowledged,
        percentile_cont(0.5) within group (order by acknowledge_min) as acknowledge_median_min,
        count(over_min) filter (where over_at <= {{ as_of() }}) as n_over,
        percentile_cont(0.5) within group (
            order by over_min
        ) filter (where over_at <= {{ as_of() }}) as over_median_min,
        count(*) filter (where over_at is null or over_at > {{ as_of() }}) as n_open
    from told
    group by day, region_code, industry, level, channel

),

final as (

    select
        ---------- grain
        day,
        region_code,
        industry,
        level,
        channel,

        ---------- counts
        n_alarms::integer as n_alarms,
        n_judged::integer as n_judged,
        n_confirmed::integer as n_confirmed,
        n_false::integer as n_false,
        n_not_judged::integer as n_not_judged,
        n_acknowledged::integer as n_acknowledged,
        n_over::integer as n_over,
        n_open::integer as n_open,

        ---------- figures
        round(100.0 * n_confirmed / n_alarms, 2)::double precision as confirmed_of_all_pct,
        round(100.0 * n_confirmed / nullif(n_judged, 0), 2)::double precision as confirmed_of_judged_pct,
        acknowledge_median_min::double precision as acknowledge_median_min,
        over_median_min::double precision as over_median_min,

        {{ as_of() }} as as_of
    from counted

)

select * from final
