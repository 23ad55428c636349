-- One row per earthquake of the last days, straight from landing: what the map needs before any build.
with recursive

revisions as (

    select * from {{ ref('stg_earthquake') }}
    where event_at > {{ as_of() }} - interval '3 days'

),

{{ earthquake_events('revisions') }}

select * from final
