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
        coalesce(region_code, {{ covering_region('regions', 'entries.geometry') }}) as located_region_code,
        lead(updated_at) over by_entry as next_updated_at,
        lead(batch_id) over by_entry as next_batch_id,
        lag(updated_at) over by_entry is null as is_first_version
    from entries
    window by_entry as (partition by credit_code order by updated_at)

),

ended as (

    select distinct on (ordered.credit_code, ordered.updated_at)
        ordered.credit_code,
        ordered.updated_at,
        absences.listed_at,
        absences.batch_id
    from ordered
    inner join absences on ordered.credit_code = absences.credit_code
    where
        absences.listed_at > greatest(ordered.updated_at, ordered.fetched_at)
        and absences.listed_at < coalesce(ordered.next_updated_at, {{ forever() }})
    order by ordered.credit_code, ordered.updated_at, absences.listed_at

),

final as (

    select
        ordered.*,
        case
            when ordered.region_code is not null then 'register'
            when ordered.located_region_code is not null then 'geometry'
            else 'none'
        end as region_source,
        coalesce(ended.listed_at, ordered.next_updated_at, {{ forever() }}) as valid_to,
        case
            when ended.listed_at is not null then 'delisted'
            when ordered.next_updated_at is not null then 'changed'
        end as end_reason,
        -- what ends a version changes its row: builds that look at batches must see it
        greatest(ordered.batch_id, coalesce(ended.batch_id, ordered.next_batch_id)) as last_batch_id
    from ordered
    left join ended
        on
            ordered.credit_code = ended.credit_code
            and ordered.updated_at = ended.updated_at

)

select * from final
