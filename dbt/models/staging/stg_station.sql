with

source as (

    select * from {{ source('landing', 'station') }}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code,
        region_code,
        -- codes that the profiles keep beside the columns of the contract
        coalesce(extra ->> 'ownerCode', extra ->> 'mineCode') as owner_code,
        coalesce(extra ->> 'bridgeCode', extra ->> 'slopeCode', extra ->> 'pondCode') as structure_code,
        coalesce(extra ->> 'bridgeName', extra ->> 'pondName') as structure_name,
        extra ->> 'hazardCode' as hazard_code,
        -- limits.level.HH -> level_HH, in the unit of the values
        (
            select jsonb_object_agg(replace(substr(field.key, 8), '.', '_'), field.value)
            from jsonb_each(extra) as field
            where
                field.key like 'limits.%'
                and jsonb_typeof(field.value) = 'number'
        ) as limits,
        coalesce(extra ->> 'pipeline', extra ->> 'district') as segment_name,
        exchange_unit,

        ---------- attributes
        station_name,
        station_type,
        river_name,
        authority,
        datum_name,
        location,
        coalesce(is_in_use, true) as is_in_use,
        -- EPSG:4490 and EPSG:4326 differ by centimetres: taken as equal
        {{ as_point('longitude', 'latitude') }} as geometry,

        ---------- clocks
        modified_at,
        fetched_at,

        ---------- origin
        batch_id,

        ---------- what the contract does not know
        extra,

        ---------- when it was last in a payload
        seen_at

    from source

)

select * from final
