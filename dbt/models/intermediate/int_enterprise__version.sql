-- One row per enterprise and version of its register entry; the region comes from the place where the entry names none.
-- A version ends with the next one, or with the first full list that has none of the enterprise's entries any more.
with

entries as (

    select distinct on (credit_code, updated_at) * from {{ ref('stg_enterprise') }}
    order by credit_code, updated_at, fetched_at desc, feed_id

),

absences as (

    select * from {{ ref('int_enterprise__absence') }}

),

regions as (

    select * from {{ ref('dim_region') }}

),

ordered as (

    select
        *,
        lead(updated_at) over by_entry as next_updated_at,
        lead(batch_id) over by_entry as next_batch_id,
        lag(updated_at) over by_entry is null as is_first_version
    from entries
    window by_entry as (partition by credit_code order by updated_at)

),

final as (

    select
        ordered.*,
        coalesce(ordered.region_code, covering.region_code) as located_region_code,
        case
            when ordered.region_code is not null then 'register'
            when covering.region_code is not null then 'geometry'
            else 'none'
        end as region_source,
        coalesce(absent.listed_at, ordered.next_updated_at, {{ forever() }}) as valid_to,
        case
            when absent.listed_at is not null then 'delisted'
            when ordered.next_updated_at is not null then 'changed'
        end as end_reason,
        -- what ends a version changes its row: builds that look at batches must see it
        greatest(ordered.batch_id, coalesce(absent.batch_id, ordered.next_batch_id)) as last_batch_id
    from ordered
    left join lateral (
        select
            absences.listed_at,
            absences.batch_id
        from absences
        where
            absences.credit_code = ordered.credit_code
            and absences.listed_at > greatest(ordered.updated_at, ordered.fetched_at)
            and absences.listed_at < coalesce(ordered.next_updated_at, {{ forever() }})
        order by absences.listed_at
        limit 1
    ) as absent on true
    left join lateral (
        select {{ covering_region('regions', 'ordered.geometry') }} as region_code
        where ordered.region_code is null
    ) as covering on true

)

select * from final
