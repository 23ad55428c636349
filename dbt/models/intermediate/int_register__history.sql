{{ config(materialized='kept_history', entity=['register', 'feed_id', 'entry_code'], contract={'enforced': true}) }}

-- What a register said before, and when we learned it. It is a function of the builds that were made, not of landing.
with

entries as (

    select * from {{ ref('int_register__entry') }}

)

select
    register,
    feed_id,
    entry_code,
    version,
    is_listed,
    begins_at,
    changed_at,
    learned_at,
    entry,
    batch_id
from entries
