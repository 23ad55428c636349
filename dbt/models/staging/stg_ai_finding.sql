-- One row per finding.
with

source as (

    select * from {{ source('landing', 'ai_finding') }}

),

final as (

    select
        ---------- ids
        feed_id,
        finding_code,
        camera_code,
        enterprise_code,

        ---------- attributes
        finding_type,
        case level
            when '红' then 'red'
            when '橙' then 'orange'
            when '黄' then 'yellow'
            when '蓝' then 'blue'
            else level
        end as level,
        confidence,
        is_confirmed,
        confirmed_by_hash,
        measure,
        quality_flags,

        ---------- clocks
        found_at,
        confirmed_at,
        handled_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
