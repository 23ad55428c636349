-- One row per record that a latency promise is about, with its clocks. `promise_at` is where the promise starts to
-- count: the observation for observations, the publication by the source for everything else.
with

warnings as (

    select * from {{ ref('stg_warning') }}

),

observations as (

    select * from {{ ref('stg_observation') }}

),

earthquakes as (

    select * from {{ ref('stg_earthquake') }}

),

enterprises as (

    select * from {{ ref('stg_enterprise') }}

),

publications as (

    select * from {{ source('ops', 'publication') }}

),

records as (

    select feed_id, batch_id, event_at, issued_at, fetched_at, landed_at, issued_at as promise_at
    from warnings
    union all
    select feed_id, batch_id, event_at, issued_at, fetched_at, landed_at, event_at as promise_at
    from observations
    union all
    select feed_id, batch_id, event_at, issued_at, fetched_at, landed_at, issued_at as promise_at
    from earthquakes
    union all
    select feed_id, batch_id, event_at, issued_at, fetched_at, landed_at, issued_at as promise_at
    from enterprises

),

feeds as (

    select * from {{ ref('dim_feed') }}

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
        records.event_at < feeds.activated_at as is_backfill
    from records
    inner join feeds on records.feed_id = feeds.feed_id
    left join publications on records.batch_id = publications.batch_id

)

select * from final
