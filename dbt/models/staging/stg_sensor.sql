with

source as (

    select * from {{ source('landing', 'sensor') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        defined_at,
        mine_code,

        ---------- attributes
        mine_name,
        sensor_type_code,
        value_type,
        unit,
        location,
        range_low,
        range_high,
        alarm_lower,
        alarm_upper,
        cutoff_lower,
        cutoff_upper,
        {{ as_point('longitude', 'latitude') }} as geometry,

        ---------- clocks
        issued_at,
        fetched_at,

        ---------- origin
        batch_id

    from source

)

select * from final
