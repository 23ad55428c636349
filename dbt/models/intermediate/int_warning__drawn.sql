-- One row per message with its area: the union of the areas of its speaking info blocks. Lateral, so that only the
-- messages that a reader asks for are drawn.
with

messages as (

    select * from {{ ref('int_warning__message') }}

),

areas as (

    select * from {{ ref('int_warning__area') }}

),

final as (

    select
        messages.*,
        drawn.area_desc,
        drawn.geometry_source,
        drawn.matched_level,
        drawn.geometry
    from messages
    left join lateral (
        select
            {{ as_multipolygon('st_union(areas.geometry)') }} as geometry,
            string_agg(distinct areas.area_desc, '; ') as area_desc,
            case
                when count(*) = 0 then 'none'
                when count(distinct areas.geometry_source) > 1 then 'mixed'
                else min(areas.geometry_source)
            end as geometry_source,
            (array['town', 'county', 'city', 'province'])[
                max(array_position(array['town', 'county', 'city', 'province'], areas.matched_level))
            ] as matched_level
        from areas
        where
            messages.feed_id = areas.feed_id
            and messages.sender = areas.sender
            and messages.identifier = areas.identifier
            and messages.sent_at = areas.sent_at
            and areas.info_index = any(messages.speaking)
    ) as drawn on true

)

select * from final
