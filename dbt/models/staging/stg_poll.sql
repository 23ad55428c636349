-- One row per successful poll of a source: what a replay or a release wrote is no poll. Where the source comes to us,
-- what was committed together of its pushes is one. An answer whose payloads were all refused is no sign of the source.
with

source as (

    select * from {{ source('ops', 'batch') }}

),

payloads as (

    select * from {{ source('ops', 'batch_payload') }}

),

final as (

    select
        source.feed_id,
        source.batch_id,
        source.state = 'NOT_MODIFIED' as is_unchanged,
        coalesce(source.fetched_at, source.started_at) as polled_at,
        source.committed_at,
        source.inserted + source.updated as n_new_records

    from source
    where
        source.kind = 'pull'
        and source.state in ('LANDED', 'NOT_MODIFIED')
        -- rejects are counted in the batch: the payloads of most batches need no second look
        and (
            source.rejects = 0
            or exists (
                select 1 from payloads
                where
                    source.batch_id = payloads.batch_id
                    and payloads.outcome <> 'REJECTED'
            )
        )

)

select * from final
