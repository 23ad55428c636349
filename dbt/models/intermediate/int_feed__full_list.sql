-- One row per fetch that landed of a payload that lists a register completely, as the contract's full_list says by its
-- name. A list that is older than one fetched before it says nothing about today.
with

feeds as (

    select * from {{ source('ops', 'feed') }}

),

payloads as (

    select * from {{ source('ops', 'payload') }}

),

batches as (

    select * from {{ source('ops', 'batch') }}
    where state = 'LANDED'

),

batch_payloads as (

    select * from {{ source('ops', 'batch_payload') }}
    where outcome <> 'REJECTED'

),

promised as (

    select
        feeds.feed_id,
        replace(replace(replace(property.pair ->> 'value', '_', '\_'), '*', '%'), '?', '_') as name_like
    from feeds
    cross join lateral jsonb_array_elements(feeds.contract -> 'customProperties') as property (pair)
    where property.pair ->> 'property' = 'full_list'

),

landed as (

    select
        payloads.feed_id,
        payloads.fetched_at,
        coalesce((payloads.facts ->> 'mtime')::timestamptz, payloads.fetched_at) as written_at,
        min(batches.batch_id) as batch_id,
        min(batches.committed_at) as committed_at
    from promised
    inner join payloads
        on
            promised.feed_id = payloads.feed_id
            and payloads.name like promised.name_like
            -- an empty table is a broken one before it is a county without stations
            and payloads.facts ->> 'rows' is distinct from '0'
    inner join batch_payloads
        on
            payloads.feed_id = batch_payloads.feed_id
            and payloads.sha256 = batch_payloads.sha256
    -- the same bytes may have been fetched by a run that failed as well: that fetch proves nothing
    inner join batches
        on
            batch_payloads.batch_id = batches.batch_id
            and payloads.fetched_at <= batches.fetched_at
            and (payloads.fetched_at >= batches.started_at or batches.kind <> 'pull')
    group by payloads.feed_id, payloads.fetched_at, payloads.facts

),

ordered as (

    select
        *,
        max(written_at) over (
            partition by feed_id order by fetched_at rows between unbounded preceding and 1 preceding
        ) as last_written_at
    from landed

),

final as (

    select
        feed_id,
        fetched_at as listed_at,
        batch_id,
        committed_at
    from ordered
    where last_written_at is null or written_at > last_written_at

)

select * from final
