-- One row per point of the water part (CGKCDDY, JSLCDDY, YSLCDDY, PSLCDDY, SFSCDDY, DBSCDDY, DBCXCDDY, ZKYL).
with

source as (

    select * from {{ source('landing', 'water_point') }}

),

final as (

    select
        ---------- ids
        feed_id,
        point_code,
        mine_code,

        ---------- attributes
        point_kind,
        point_name,
        area_name,
        aquifer,
        sensor_type_code,
        unit,
        x_m,
        y_m,
        z_m,
        mine_name,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        defined_at,
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
