{{
    config(
        materialized='kept_table',
        unique_key=['feed_id', 'event_key'],
        indexes=[{'columns': ['geometry'], 'type': 'gist'}, {'columns': ['event_at']}],
    )
}}

with recursive

revisions as (

    select * from {{ ref('stg_earthquake') }}

),

{{ earthquake_events('revisions') }}

select * from final
