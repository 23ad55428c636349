-- One row per enterprise and stretch of time in which full lists did not have it, from the first such list on. Landing
-- keeps the first and the last sight of a content: an entry that comes back unchanged closes the gap.
with

entries as (

    select * from {{ ref('stg_enterprise') }}

),

-- few, and asked for every entry
full_lists as materialized (

    select * from {{ ref('int_feed__full_list') }}

),

refused_cells as materialized (

    {{ refused_cells('full_lists') }}

),

seen as (

    select
        feed_id,
        credit_code,
        enterprise_name,
        max(seen_at) over by_fetch as last_seen_at,
        coalesce(lead(fetched_at) over by_fetch, {{ forever() }}) as next_seen_at
    from entries
    window by_fetch as (partition by credit_code order by fetched_at, seen_at)

),

final as (

    select
        seen.credit_code,
        first_list.listed_at,
        first_list.batch_id
    from seen
    cross join lateral (
        select full_lists.*
        from full_lists
        where
            full_lists.feed_id = seen.feed_id
            and full_lists.listed_at > seen.last_seen_at
            and full_lists.listed_at < seen.next_seen_at
            -- a row that was there and broke the contract is no absence
            and not exists (
                select 1
                from refused_cells
                where
                    refused_cells.feed_id = full_lists.feed_id
                    and refused_cells.batch_id >= full_lists.batch_id
                    and refused_cells.first_seen_at <= full_lists.committed_at
                    and refused_cells.value in (seen.credit_code, seen.enterprise_name)
            )
        order by full_lists.listed_at
        limit 1
    ) as first_list

)

select * from final
