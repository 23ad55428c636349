{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'hour_at', 'point_code'],
        touched='touched_availability_hours',
        replaces=['feed_id', 'hour_at', 'point_code'],
        pre_hook="{{ forget_old_hours(this) }}",
    )
}}

-- Between full builds the hours of a feed are counted again from the last one that is kept, less the time for which
-- slots may be pending; of single points besides those that new records lie in, and all of a point whose register entry
-- is new.
-- depends_on: {{ ref('dim_feed') }}
with recursive

{{ placing_versions(true) }},

{{ feed_scope('feed_scope', 3600, 'hour_at', first_hour_s()) }},

{% if is_partial() %}
    {{ point_scope('point_scope', 'feed_scope', 3600, first_hour_s(), points_of_batches()) }},
{% else %}
    {{ no_point_scope('point_scope') }},
{% endif %}

{{ scoped_records() }},

{{ judged_windows(3600, true) }},

{{ last_promises('promises', 'judged', 3600) }},

registered as (

    select * from {{ ref('dim_monitoring_point') }}
    where register <> 'camera'

),

final as (

    select
        judged.feed_id,
        judged.entity_code as point_code,
        {{ moment_of('judged.window_number * 3600') }} as hour_at,
        judged.expected_slots,
        judged.received_slots,
        judged.live_slots,
        judged.in_time_slots,
        judged.pending_slots,
        judged.excluded_slots,
        judged.n_records,
        judged.unexpected_records,
        judged.slot_records,
        judged.slot_variables,
        judged.target_slots::double precision as target_slots,
        judged.is_in_use,
        judged.is_scheduled,
        {{ availability_class('judged', 'promises', is_in_register('judged', 'registered', 3600)) }} as class
    from judged
    inner join promises
        on
            judged.feed_id = promises.feed_id
            and judged.window_number = promises.window_number

)

select * from final
