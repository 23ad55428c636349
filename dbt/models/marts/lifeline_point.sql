-- One row per point of a lifeline.
with

points as (

    select * from {{ ref('int_lifeline__point') }}

),

heard as (

    select * from {{ ref('int_point__heard') }}

),

hours as (

    select * from {{ ref('fct_observation_hourly') }}
    where
        hour_at > {{ as_of() }} - interval '25 hours'
        and hour_at <= {{ as_of() }}

),

alarms as (

    select * from {{ ref('fct_alarm') }}
    where
        started_at <= {{ as_of() }}
        and coalesce(is_confirmed, true)
        and coalesce(ended_at, {{ forever() }}) > {{ as_of() }} - interval '24 hours'

),

nearby as (

    select * from {{ ref('lifeline_nearby') }}

),

newest as (

    select distinct on (feed_id, point_code, variable)
        feed_id,
        point_code,
        variable,
        last_value
    from hours
    where n_readings > 0
    order by feed_id, point_code, variable, hour_at desc

),

measured as (

    select
        feed_id,
        point_code,
        jsonb_object_agg(variable, last_value) as last_values
    from newest
    group by feed_id, point_code

),

alarmed as (

    select
        feed_id,
        point_code,
        count(*) as n_alarms,
        count(*) filter (where coalesce(ended_at > {{ as_of() }}, true)) as n_open,
        count(*) filter (where coalesce(ended_at > {{ as_of() }}, true) and acknowledged_at is null) as n_unseen,
        {{ highest_level('level', among='coalesce(ended_at > ' ~ as_of() ~ ', true)') }} as highest_level,
        min(started_at) filter (where coalesce(ended_at > {{ as_of() }}, true)) as open_since
    from alarms
    group by feed_id, point_code

),

around as (

    select
        feed_id,
        point_code,
        count(*) as n_enterprises,
        count(*) filter (where is_key_enterprise) as n_key_enterprises
    from nearby
    group by feed_id, point_code

),

final as (

    select
        ---------- ids
        points.feed_id,
        points.point_code,
        points.lifeline,
        points.segment_code,
        points.region_code,

        ---------- attributes
        points.point_name,
        points.category,
        points.operator,
        points.segment_name,
        points.geometry,

        ---------- what it says
        coalesce(heard.state, 'NO_EVIDENCE') as state,
        heard.last_event_at,
        measured.last_values,

        ---------- alarms
        coalesce(alarmed.n_alarms, 0)::integer as n_alarms_24h,
        coalesce(alarmed.n_open, 0)::integer as n_alarms_open,
        coalesce(alarmed.n_unseen, 0)::integer as n_alarms_not_acknowledged,
        alarmed.highest_level as highest_alarm_level,
        alarmed.open_since as alarm_open_since,

        ---------- around it
        case
            when points.geometry is not null then coalesce(around.n_enterprises, 0)
        end::integer as n_enterprises_nearby,
        case
            when points.geometry is not null then coalesce(around.n_key_enterprises, 0)
        end::integer as n_key_enterprises_nearby,
        {{ as_of() }} as as_of
    from points
    left join heard
        on
            points.feed_id = heard.feed_id
            and points.point_code = heard.point_code
    left join measured
        on
            points.feed_id = measured.feed_id
            and points.point_code = measured.point_code
    left join alarmed
        on
            points.feed_id = alarmed.feed_id
            and points.point_code = alarmed.point_code
    left join around
        on
            points.feed_id = around.feed_id
            and points.point_code = around.point_code

)

select * from final
