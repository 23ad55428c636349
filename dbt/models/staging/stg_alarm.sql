-- One row per point, kind of alarm and start.
with

source as (

    select * from {{ source('landing', 'alarm') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        alarm_type,
        started_at,
        owner_code,

        ---------- attributes
        level,
        limit_type,
        variable,
        value,
        unit,
        location,
        reason,
        measure,
        confirmed as is_confirmed,
        source_table,
        quality_flags,

        ---------- clocks
        ended_at,
        value_at,
        acknowledged_at,
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id,

        ---------- when the source last told it
        seen_at

    from source

)

select * from final
