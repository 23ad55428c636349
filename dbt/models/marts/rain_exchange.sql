-- One row per feed of rain and water, unit that exchanges it and county of its stations.
with

lifelines as (

    select * from {{ ref('int_lifeline__point') }}

),

-- the points of pipes and bridges measure water too, but not the weather's
stations as (

    select stations.* from ({{ listed('stg_station', 'station', 'station_code') }}) as stations
    left join lifelines
        on
            stations.feed_id = lifelines.feed_id
            and stations.station_code = lifelines.point_code
    where lifelines.point_code is null

),

feeds as (

    select * from {{ ref('int_feed__heard') }}
    where domain in ('weather', 'water')

),

-- two departments may promise the same: the longer-standing promise counts
promises as (

    select distinct on (feed_code) * from {{ ref('stg_sharing_promise') }}
    where
        promised_from <= {{ as_of() }}
        and coalesce(promised_to > {{ as_of() }}, true)
    order by feed_code, promised_from, department

),

points as (

    select * from {{ ref('int_point__heard') }}

),

observations as (

    select * from {{ ref('stg_observation') }}

),

villages as (

    select * from {{ ref('int_village__current') }}

),

-- our own area is where the villages of the register lie
own_area as (

    select
        array_agg(distinct left(region_code, 6)) as county_codes,
        array_agg(distinct left(region_code, 4)) as city_codes
    from villages
    where length(region_code) >= 6

),

-- a day that is over: what is still allowed to be late is not asked for
windows as (

    select
        *,
        greatest(floor(extract(epoch from window_end - window_start) / slot_s), 0) as n_slots
    from (
        select
            feeds.*,
            {{ as_of() }} - make_interval(secs => latency_s) as window_end,
            greatest({{ as_of() }} - make_interval(secs => latency_s + 86400), active_from) as window_start
        from feeds
    ) as days

),

slots as (

    select
        windows.feed_id,
        observations.station_code,
        count(
            distinct floor(extract(epoch from observations.event_at - windows.window_start) / windows.slot_s)
        ) as n_slots,
        max(observations.event_at) as last_event_at
    from windows
    inner join observations
        on
            windows.feed_id = observations.feed_id
            and observations.event_at >= windows.window_start
            and observations.event_at < windows.window_end
    where
        -- the same said in general, so that an index can be used
        observations.event_at >= {{ as_of() }} - interval '3 days'
        and observations.variable ~ '^(rain|water_level|reservoir_level|discharge|inflow|outflow|tide)'
    group by windows.feed_id, observations.station_code

),

counted as (

    select
        stations.feed_id,
        stations.exchange_unit,
        left(stations.region_code, 6) as region_code,
        count(*) as n_stations,
        count(*) filter (where stations.is_in_use) as n_in_use,
        count(*) filter (where points.state = 'REPORTING') as n_reporting,
        -- the last slot may be cut short by the end of the window
        coalesce(
            sum(least(coalesce(slots.n_slots, 0), windows.n_slots)) filter (where stations.is_in_use), 0
        ) as received_slots,
        coalesce(sum(windows.n_slots) filter (where stations.is_in_use), 0) as expected_slots,
        max(slots.last_event_at) as last_event_at,
        bool_or(windows.is_heard) as is_heard
    from stations
    inner join windows on stations.feed_id = windows.feed_id
    left join points
        on
            stations.feed_id = points.feed_id
            and stations.station_code = points.point_code
    left join slots
        on
            stations.feed_id = slots.feed_id
            and stations.station_code = slots.station_code
    group by stations.feed_id, stations.exchange_unit, left(stations.region_code, 6)

),

final as (

    select
        counted.feed_id,
        counted.exchange_unit,
        counted.region_code,
        case
            when counted.region_code is null or own_area.county_codes is null then 'unknown'
            when counted.region_code = any(own_area.county_codes) then 'own'
            when left(counted.region_code, 4) = any(own_area.city_codes) then 'neighbour_county'
            else 'neighbour_city'
        end as neighbourhood,
        promises.feed_code is not null as is_promised,
        promises.department as promised_by,
        promises.cadence_s as promised_cadence_s,
        counted.n_stations::integer as n_stations,
        counted.n_in_use::integer as n_in_use,
        counted.n_reporting::integer as n_reporting,
        counted.expected_slots::bigint as expected_slots,
        counted.received_slots::bigint as received_slots,
        100 * counted.received_slots::double precision / nullif(counted.expected_slots, 0) as received_pct,
        counted.last_event_at,
        counted.is_heard,
        {{ as_of() }} as as_of
    from counted
    cross join own_area
    left join promises on counted.feed_id = promises.feed_code

)

select * from final
