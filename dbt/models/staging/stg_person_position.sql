-- One row per person and snapshot (RYSS).
with

source as (

    select * from {{ source('landing', 'person_position') }}

),

final as (

    select
        ---------- ids
        feed_id,
        person_hash,
        event_at,
        area_code,
        station_code,
        mine_code,

        ---------- attributes
        in_out,
        work_system,
        distance_m,
        work_state,
        is_leader,
        is_special,
        {{ as_array('track') }} as track,
        quality_flags,

        ---------- clocks
        entered_mine_at,
        left_mine_at,
        entered_area_at,
        entered_station_at,
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
