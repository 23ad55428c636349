-- One row per check of one enterprise.
with

source as (

    select * from {{ source('landing', 'inspection') }}

),

final as (

    select
        ---------- ids
        feed_id,
        inspection_code,
        enterprise_code,
        region_code,

        ---------- attributes
        enterprise_name,
        check_type,
        {{ as_array('inspector_hashes') }} as inspector_hashes,
        inspector_count,
        is_joint,
        danger_count,
        major_danger_count,
        is_stopped,
        result,
        quality_flags,

        ---------- clocks
        checked_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
