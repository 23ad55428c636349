{{
    config(
        materialized='kept_table',
        unique_key=['credit_code', 'category', 'feed_id', 'point_code', 'valid_from'],
        contract={'enforced': true},
    )
}}

-- One row per enterprise, category that it must have watched, point that watches it, and time in which all three held.
-- A camera is a point; the system of positions of a mine is one (register personnel), from its registers as they are
-- now: those of base stations and areas keep no history. Kept, because joins on a guess of how many there
-- are take minutes.
with

required as (

    select * from {{ ref('int_monitoring__required') }}
    where category is not null

),

registered as (

    select * from {{ ref('dim_monitoring_point') }}
    where
        is_in_use
        and credit_code is not null

),

base_stations as (

    select * from {{ ref('stg_base_station') }}

),

areas as (

    select * from {{ ref('stg_mine_area') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

systems as (

    select
        feed_id,
        mine_code
    from base_stations

    union

    select
        feed_id,
        mine_code
    from areas

),

points as (

    select
        feed_id,
        point_code,
        register,
        category,
        credit_code,
        valid_from,
        valid_to
    from registered

    union all

    select
        systems.feed_id,
        systems.mine_code as point_code,
        'personnel' as register,
        null as category,
        aliases.credit_code,
        {{ always() }} as valid_from,
        {{ forever() }} as valid_to
    from systems
    inner join aliases on systems.mine_code = aliases.code
    where aliases.credit_code is not null

),

final as (

    select
        required.credit_code,
        required.category,
        points.register,
        points.feed_id,
        points.point_code,
        greatest(required.valid_from, points.valid_from) as valid_from,
        least(required.valid_to, points.valid_to) as valid_to
    from required
    inner join points
        on
            required.credit_code = points.credit_code
            and {{ is_point_of('points.register', 'points.category', 'required.points') }}
    where
        required.valid_from < points.valid_to
        and required.valid_to > points.valid_from

)

select * from final
