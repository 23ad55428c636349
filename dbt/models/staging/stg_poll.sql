-- One row per successful poll of a source: what a replay or a release wrote is no poll.
with

source as (

    select * from {{ source('ops', 'batch') }}

),

final as (

    select
        feed_id,
        batch_id,
        state = 'NOT_MODIFIED' as is_unchanged,
        coalesce(fetched_at, started_at) as polled_at,
        committed_at

    from source
    where
        kind = 'pull'
        and state in ('LANDED', 'NOT_MODIFIED')

)

select * from final
