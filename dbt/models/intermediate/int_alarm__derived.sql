-- One row per episode in which a point stood above (or below) one of its limits: from the first reading that did to the
-- first that did no longer. Nothing is smoothed: two readings above with one below between are two episodes.
with

exceedances as (

    select * from {{ ref('int_alarm__exceedance') }}

),

marked as (

    select
        *,
        coalesce(
            event_at <> lag(next_at) over (
                partition by feed_id, point_code, variable, limit_name
                order by event_at
            ),
            true
        ) as is_start
    from exceedances

),

numbered as (

    select
        *,
        count(*) filter (where is_start) over (
            partition by feed_id, point_code, variable, limit_name
            order by event_at
        ) as episode
    from marked

),

final as (

    select
        feed_id,
        point_code,
        variable || case when comparison like '>%' then '_above_' else '_below_' end || limit_name as alarm_type,
        min(event_at) as started_at,
        (array_agg(next_at order by event_at desc))[1] as ended_at,
        variable,
        limit_type,
        level,
        case when comparison like '>%' then max(value) else min(value) end as peak_value,
        (array_agg(threshold order by event_at))[1] as threshold,
        min(unit) as unit,
        min(owner_code) as owner_code,
        count(*) as n_readings,
        max(landed_at) as landed_at,
        max(batch_id) as batch_id
    from numbered
    group by feed_id, point_code, variable, limit_name, comparison, limit_type, level, episode

)

select * from final
