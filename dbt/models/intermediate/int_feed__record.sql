-- One row per record that a latency promise is about, with its clocks: the records of each feed's main table.
-- `promise_at` is where the promise starts to count, `counted_at` the same, or the fetch where the source does not say.
with

records as (

    select * from {{ ref('int_feed__clock') }}

),

publications as (

    select * from {{ source('ops', 'publication') }}

),

feeds as (

    select * from {{ ref('dim_feed') }}

),

-- until it is switched on anew, what is fetched belongs to the last switching on
activations as (

    select
        feed_id,
        activated_at,
        valid_from,
        lead(valid_from, 1, {{ forever() }}) over (partition by feed_id order by valid_from) as valid_before
    from {{ ref('dim_feed_version') }}

),

final as (

    select
        records.feed_id,
        records.batch_id,
        records.event_at,
        records.issued_at,
        records.fetched_at,
        records.landed_at,
        records.promise_at,
        case when feeds.is_served_live then records.landed_at else publications.published_at end as published_at,
        coalesce(records.event_at, records.counted_at) < coalesce(activations.activated_at, feeds.activated_at)
            as is_backfill,
        records.counted_at,
        records.is_time_fixed
    from records
    inner join feeds
        on
            records.feed_id = feeds.feed_id
            and records.promise_element = feeds.promise_element
    left join activations
        on
            records.feed_id = activations.feed_id
            and records.fetched_at >= activations.valid_from
            and records.fetched_at < activations.valid_before
    left join publications on records.batch_id = publications.batch_id

)

select * from final
