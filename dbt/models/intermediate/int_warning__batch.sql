-- One row per identifier of a warning and batch that wrote something about it: the message, a block or an area. Several
-- senders may use an identifier, and receipts name nothing else, so it is taken as a whole. The area of a warning to a
-- town changes with the villages that the town is drawn around.
with

final as (

    select
        identifier,
        batch_id
    from {{ ref('stg_warning') }}

    union all

    select
        identifier,
        batch_id
    from {{ ref('stg_warning_info') }}

    union all

    select
        identifier,
        batch_id
    from {{ ref('stg_warning_area') }}

    union all

    select
        areas.identifier,
        villages.batch_id
    from {{ ref('stg_warning_area') }} as areas
    inner join {{ ref('stg_village') }} as villages on left(areas.region_code, 6) = left(villages.region_code, 6)
    where
        areas.drawn_as is null
        and length(areas.region_code) >= 9

)

select * from final
