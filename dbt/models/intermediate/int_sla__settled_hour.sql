-- One row per feed of points and hour that is older than metric_availability_hourly remembers: its slots, counted from
-- the records. A view that only a full build reads.
with

{{ placing_versions(true) }},

feed_scope as (

    select
        feed_id,
        floor(min(from_s) / 3600) * 3600 as from_s,
        {{ first_hour_s() }} as until_s,
        coalesce(max(slot_s), 0) as reach_s
    from versions
    group by feed_id
    having min(from_s) < {{ first_hour_s() }}

),

{{ no_point_scope('point_scope') }},

{{ scoped_records() }},

{{ judged_windows(3600, true) }},

final as (

    select
        feed_id,
        {{ moment_of('window_number * 3600') }} as hour_at,
        sum(expected_slots) as expected_slots,
        sum(received_slots) as received_slots,
        sum(pending_slots) as pending_slots,
        sum(excluded_slots) as excluded_slots,
        sum(target_slots) as target_slots
    from judged
    group by feed_id, window_number

)

select * from final
