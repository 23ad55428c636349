-- One row per point and variable: the newest value that is still evidence, that is, younger than the feed's promise
-- allows and not marked by its source as taken under calibration (4), substation fault (16), not polled (32), paused
-- (64) or sensor fault (128). Over range (8) stays: it is evidence of something.
with

observations as (

    select * from {{ ref('stg_observation') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}
    where main_table = 'observation'

),

final as (

    select distinct on (observations.feed_id, observations.station_code, observations.variable)
        observations.feed_id,
        observations.station_code,
        observations.variable,
        observations.event_at,
        observations.value,
        observations.unit,
        observations.value_text,
        observations.status_flags
    from feeds
    inner join observations on feeds.feed_id = observations.feed_id
    where
        -- the first bound lets an index on event_at be used, the second is that of each feed
        observations.event_at > (
            select {{ as_of() }} - make_interval(secs => max(slowest.fresh_for_s)) from feeds as slowest
        )
        and observations.event_at > {{ as_of() }} - make_interval(secs => feeds.fresh_for_s)
        and observations.event_at <= {{ as_of() }} + interval '10 minutes'
        and (observations.value is not null or observations.value_text is not null)
        and {{ is_evidence('observations.status_flags') }}
    order by
        observations.feed_id,
        observations.station_code,
        observations.variable,
        observations.event_at desc

)

select * from final
