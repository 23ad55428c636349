-- One row per point, variable and span (TJSJ).
with

source as (

    select * from {{ source('landing', 'mine_statistic') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        variable,
        started_at,
        owner_code,

        ---------- attributes
        unit,
        maximum,
        minimum,
        mean,
        location,
        source_table,
        quality_flags,

        ---------- clocks
        ended_at,
        maximum_at,
        minimum_at,
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
