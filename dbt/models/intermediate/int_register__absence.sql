{{ config(materialized='kept_table', unique_key=['register', 'feed_id', 'entry_code']) }}

-- One row per entry that the newest full lists of its feed no longer have, with the first list that lacked it. What a
-- feed lists in full is its stations, cameras, sites, points or depots; limits and stock come in payloads of their own.
with

entries as (

    {% for register, code, name in [
        ('station', 'station_code', 'station_name'),
        ('camera', 'camera_code', 'camera_name'),
        ('hazard_site', 'site_code', 'site_name'),
        ('waterlogging_point', 'point_code', 'point_name'),
        ('reserve_depot', 'depot_code', 'depot_name'),
    ] %}
        select
            '{{ register }}' as register,
            feed_id,
            {{ code }} as entry_code,
            {{ name }} as entry_name,
            seen_at
        from {{ ref('stg_' ~ register) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

full_lists as materialized (

    select * from {{ ref('int_feed__full_list') }}

),

refused_cells as materialized (

    {{ refused_cells('full_lists') }}

),

final as (

    select distinct on (entries.register, entries.feed_id, entries.entry_code)
        entries.register,
        entries.feed_id,
        entries.entry_code,
        full_lists.listed_at,
        full_lists.batch_id
    from entries
    inner join full_lists
        on
            entries.feed_id = full_lists.feed_id
            and entries.seen_at < full_lists.listed_at
    where
        -- a row that was there and broke the contract is no absence
        not exists (
            select 1
            from refused_cells
            where
                refused_cells.feed_id = full_lists.feed_id
                and refused_cells.batch_id >= full_lists.batch_id
                and refused_cells.first_seen_at <= full_lists.committed_at
                and refused_cells.value in (entries.entry_code, entries.entry_name)
        )
    order by entries.register, entries.feed_id, entries.entry_code, full_lists.listed_at

)

select * from final
