-- One row per site, as the newest inventory describes it.
with

source as (

    select * from {{ source('landing', 'hazard_site') }}

),

final as (

    select
        ---------- ids
        feed_id,
        site_code,
        region_code,

        ---------- attributes
        site_name,
        hazard_type,
        location,
        source_crs,
        scale,
        volume_1e4_m3,
        stability,
        danger_level,
        risk_level,
        threatened_households,
        threatened_people,
        threatened_property_1e4_cny,
        is_monitored,
        monitor_person as monitor_person_hash,
        management_unit,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id,

        ---------- when it was last in a payload
        seen_at

    from source

)

select * from final
