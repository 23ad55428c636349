-- One row per message, info block, area and enterprise that the area covers, as the message was issued: expired blocks
-- and the end of a warning do not matter here, so nothing changes as time passes. An enterprise stands where its
-- register put it when the message was sent; one that the register came to know only later, by its first entry. Where
-- the register gives no place, its region code answers for areas that are codes themselves.
with

messages as (

    select * from {{ ref('stg_warning') }}
    where
        status = 'Actual'
        and msg_type in ('Alert', 'Update')

),

infos as (

    select * from {{ ref('stg_warning_info') }}

),

areas as (

    select * from {{ ref('int_warning__area') }}

),

enterprises as not materialized (

    -- nobody is left to warn where the business is closed
    select * from {{ ref('dim_enterprise') }}
    where status is distinct from 'closed'

),

-- not materialized: a partial build draws only the areas of the warnings that it asks for
blocks as not materialized (

    select
        messages.feed_id,
        messages.warning_key,
        messages.sender,
        messages.identifier,
        messages.sent_at,
        messages.event_at,
        messages.landed_at,
        messages.batch_id,
        infos.info_index,
        infos.language,
        infos.event,
        infos.event_type_code,
        coalesce(infos.colour, 'unknown') as colour,
        infos.onset_at,
        areas.geometry,
        areas.geometry_source,
        areas.matched_region_code,
        areas.matched_level
    from messages
    inner join infos
        on
            messages.feed_id = infos.feed_id
            and messages.sender = infos.sender
            and messages.identifier = infos.identifier
            and messages.sent_at = infos.sent_at
    inner join areas
        on
            infos.feed_id = areas.feed_id
            and infos.sender = areas.sender
            and infos.identifier = areas.identifier
            and infos.sent_at = areas.sent_at
            and infos.info_index = areas.info_index

),

placed as (

    select
        blocks.*,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code,
        enterprises.is_key_enterprise,
        'place' as covered_by
    from blocks
    inner join enterprises
        on
            blocks.sent_at < enterprises.valid_to
            and (blocks.sent_at >= enterprises.valid_from or enterprises.is_first_version)
            and st_intersects(blocks.geometry, enterprises.geometry)

),

unplaced as (

    select
        blocks.*,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code,
        enterprises.is_key_enterprise,
        'region_code' as covered_by
    from blocks
    inner join enterprises
        on
            blocks.sent_at < enterprises.valid_to
            and (blocks.sent_at >= enterprises.valid_from or enterprises.is_first_version)
            and starts_with(
                enterprises.region_code, {{ region_stem('blocks.matched_region_code', 'blocks.matched_level') }}
            )
    where
        enterprises.geometry is null
        and blocks.geometry_source = 'geocode'

),

final as (

    select * from placed

    union all

    select * from unplaced

)

select * from final
