with

source as (

    select * from {{ source('landing', 'enterprise') }}

),

final as (

    select
        ---------- ids
        feed_id,
        credit_code,
        updated_at,
        mine_code,
        region_code,

        ---------- attributes
        enterprise_name,
        industry,
        industry_code,
        address,
        static_level,
        is_key_enterprise,
        employees,
        coalesce(status, 'active') as status,
        source_x,
        source_y,
        source_crs,
        {{ as_point('longitude', 'latitude') }} as geometry,

        ---------- clocks
        updated_at as event_at,
        updated_at as issued_at,
        fetched_at,
        seen_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
