-- One row per team.
with

source as (

    select * from {{ source('landing', 'rescue_team') }}

),

final as (

    select
        ---------- ids
        feed_id,
        team_code,
        enterprise_code,
        region_code,

        ---------- attributes
        team_name,
        team_type,
        owner_name,
        members,
        vehicles,
        is_on_duty,
        is_qualified,
        leader_hash,
        phone_hash,
        {{ as_point('longitude', 'latitude') }} as geometry,
        quality_flags,

        ---------- clocks
        assessed_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
