{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'point_code', 'valid_from'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}, {'columns': ['owner_code']}],
    )
}}

with

points as (

    select * from {{ ref('int_monitoring_point__version') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

-- what the registers call an owner: its credit code, its mine code or, where only one bears it, its name
owners as (

    select
        owner_code,
        min(credit_code) as credit_code
    from (
        select credit_code, credit_code as owner_code from {{ ref('dim_enterprise') }}
        union all
        select credit_code, mine_code from {{ ref('dim_enterprise') }}
        union all
        select credit_code, enterprise_name from {{ ref('dim_enterprise') }}
    ) as names
    where owner_code is not null
    group by owner_code
    having count(distinct credit_code) = 1

),

final as (

    select
        ---------- ids
        points.feed_id,
        points.point_code,
        points.register,
        points.owner_code,
        owners.credit_code,
        points.structure_code,
        coalesce(points.region_code, {{ covering_region('regions', 'points.geometry') }}) as region_code,

        ---------- attributes
        points.point_name,
        points.structure_name,
        points.category,
        points.river_name,
        points.datum_name,
        points.location,
        points.unit,
        points.thresholds,
        feeds.slot_s as expected_interval_s,
        points.is_in_use,
        points.geometry,

        ---------- validity
        points.valid_from,
        points.valid_to,
        points.valid_to = {{ forever() }} as is_current,
        points.known_since,

        ---------- origin
        points.batch_id
    from points
    inner join feeds on points.feed_id = feeds.feed_id
    left join owners on points.owner_code = owners.owner_code

)

select * from final
