-- One row per point that watches a lifeline, by the seed `lifeline_station`.
with

stations as (

    select * from ({{ listed('stg_station', 'station', 'station_code') }}) as listed
    where is_in_use

),

kinds as (

    select * from {{ ref('lifeline_station') }}

),

final as (

    select distinct on (stations.feed_id, stations.station_code)
        stations.feed_id,
        stations.station_code as point_code,
        kinds.lifeline,
        stations.station_name as point_name,
        stations.station_type as category,
        stations.authority as operator,
        coalesce(stations.structure_code, stations.segment_name, stations.location) as segment_code,
        coalesce(stations.structure_name, stations.segment_name, stations.location) as segment_name,
        stations.region_code,
        stations.geometry
    from stations
    inner join kinds on stations.station_type ~ ('^(' || kinds.station_type || ')$')
    order by stations.feed_id, stations.station_code, kinds.lifeline

)

select * from final
