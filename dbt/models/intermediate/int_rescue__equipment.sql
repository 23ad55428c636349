-- One row per entry of equipment, with the pieces that work and have not expired.
with

equipment as (

    select * from {{ ref('stg_rescue_equipment') }}

),

judged as (

    select
        *,
        coalesce({{ local_day('expires_at') }} < {{ local_day(as_of()) }}, false) as is_expired
    from equipment

),

final as (

    select
        feed_id,
        equipment_code,
        team_code,
        equipment_name,
        equipment_type,
        quantity,
        is_expired,
        -- pieces of which nobody said that they work do not count
        case when is_expired then 0 else least(coalesce(usable_quantity, 0), quantity) end as usable_quantity,
        case when is_expired then quantity else 0 end as expired_quantity,
        used_count,
        expires_at,
        updated_at,
        batch_id
    from judged

)

select * from final
