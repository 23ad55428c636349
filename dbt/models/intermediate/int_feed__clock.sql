-- Generated: `python -m feeds.clocks > dbt/models/intermediate/int_feed__clock.sql`; a test compares them.
-- One row per record of a main table and promise about it, straight from landing, whose columns the contracts name.
-- `promise_element` says to which feeds the row counts, `promise_at` is where their promise starts to count (null where
-- the source does not say), `counted_at` the time under which the record is counted even so, `is_time_fixed` whether no
-- revision of the record changes that. No CTE around it: PostgreSQL would not find the newest record by an index then.
select
    'ai_finding.found_at' as promise_element,
    feed_id,
    batch_id,
    found_at as event_at,
    updated_at as issued_at,
    found_at as promise_at,
    found_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'ai_finding') }}

union all

select
    'camera.updated_at' as promise_element,
    feed_id,
    batch_id,
    updated_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'camera') }}

union all

select
    'drill.held_at' as promise_element,
    feed_id,
    batch_id,
    held_at as event_at,
    updated_at as issued_at,
    held_at as promise_at,
    held_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'drill') }}

union all

select
    'earthquake.event_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    updated_at as issued_at,
    event_at as promise_at,
    event_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'earthquake') }}

union all

select
    'earthquake.updated_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'earthquake') }}

union all

select
    'emergency_plan.issued_at' as promise_element,
    feed_id,
    batch_id,
    issued_at as event_at,
    updated_at as issued_at,
    issued_at as promise_at,
    issued_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'emergency_plan') }}

union all

select
    'enforcement_case.filed_at' as promise_element,
    feed_id,
    batch_id,
    filed_at as event_at,
    updated_at as issued_at,
    filed_at as promise_at,
    filed_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'enforcement_case') }}

union all

select
    'enterprise.updated_at' as promise_element,
    feed_id,
    batch_id,
    updated_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'enterprise') }}

union all

select
    'enterprise_credit.listed_at' as promise_element,
    feed_id,
    batch_id,
    listed_at as event_at,
    updated_at as issued_at,
    listed_at as promise_at,
    listed_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'enterprise_credit') }}

union all

select
    'forecast.issued_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    issued_at,
    issued_at as promise_at,
    issued_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'forecast') }}

union all

select
    'forest_fire_call.called_at' as promise_element,
    feed_id,
    batch_id,
    called_at as event_at,
    updated_at as issued_at,
    called_at as promise_at,
    called_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'forest_fire_call') }}

union all

select
    'hazard_inventory.updated_at' as promise_element,
    feed_id,
    batch_id,
    inventoried_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'hazard_inventory') }}

union all

select
    'hazard_site.updated_at' as promise_element,
    feed_id,
    batch_id,
    updated_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'hazard_site') }}

union all

select
    'hidden_danger.found_at' as promise_element,
    feed_id,
    batch_id,
    found_at as event_at,
    updated_at as issued_at,
    found_at as promise_at,
    found_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'hidden_danger') }}

union all

select
    'hidden_danger.registered_at' as promise_element,
    feed_id,
    batch_id,
    registered_at as event_at,
    updated_at as issued_at,
    registered_at as promise_at,
    registered_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'hidden_danger') }}

union all

select
    'incident.happened_at' as promise_element,
    feed_id,
    batch_id,
    happened_at as event_at,
    updated_at as issued_at,
    happened_at as promise_at,
    happened_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'incident') }}

union all

select
    'inspection.checked_at' as promise_element,
    feed_id,
    batch_id,
    checked_at as event_at,
    updated_at as issued_at,
    checked_at as promise_at,
    checked_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'inspection') }}

union all

select
    'landslide.updated_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    coalesce(updated_at, fetched_at) as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'landslide') }}

union all

select
    'observation.event_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    issued_at,
    event_at as promise_at,
    event_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'observation') }}

union all

select
    'person_position.event_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    issued_at,
    event_at as promise_at,
    event_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'person_position') }}

union all

select
    'rescue_team.updated_at' as promise_element,
    feed_id,
    batch_id,
    assessed_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'rescue_team') }}

union all

select
    'reserve_stock.counted_at' as promise_element,
    feed_id,
    batch_id,
    counted_at as event_at,
    updated_at as issued_at,
    counted_at as promise_at,
    counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'reserve_stock') }}

union all

select
    'responsible_person.updated_at' as promise_element,
    feed_id,
    batch_id,
    valid_from as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'responsible_person') }}

union all

select
    'sharing_promise.updated_at' as promise_element,
    feed_id,
    batch_id,
    updated_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    coalesce(updated_at, fetched_at) as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'sharing_promise') }}

union all

select
    'supply_link.updated_at' as promise_element,
    feed_id,
    batch_id,
    valid_from as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'supply_link') }}

union all

select
    'training.held_at' as promise_element,
    feed_id,
    batch_id,
    held_at as event_at,
    updated_at as issued_at,
    held_at as promise_at,
    held_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'training') }}

union all

select
    'village.assessed_at' as promise_element,
    feed_id,
    batch_id,
    assessed_at as event_at,
    updated_at as issued_at,
    assessed_at as promise_at,
    assessed_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'village') }}

union all

select
    'warning.sent_at' as promise_element,
    feed_id,
    batch_id,
    event_at,
    sent_at as issued_at,
    sent_at as promise_at,
    sent_at as counted_at,
    true as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'warning') }}

union all

select
    'warning_receipt.sent_at' as promise_element,
    feed_id,
    batch_id,
    sent_at as event_at,
    updated_at as issued_at,
    sent_at as promise_at,
    sent_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'warning_receipt') }}

union all

select
    'waterlogging_point.updated_at' as promise_element,
    feed_id,
    batch_id,
    updated_at as event_at,
    updated_at as issued_at,
    updated_at as promise_at,
    updated_at as counted_at,
    false as is_time_fixed,
    fetched_at,
    landed_at
from {{ source('landing', 'waterlogging_point') }}
