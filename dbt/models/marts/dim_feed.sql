-- A view, so that an edited contract counts at once.
with

feeds as (

    select
        *,
        expected ->> 'kind' as kind
    from {{ source('ops', 'feed') }}

),

slotted as (

    select
        *,
        {{ slot_length_s('expected', 'frequency_s') }} as slot_s
    from feeds

),

final as (

    select
        feed_id,
        name as feed_name,
        domain,
        department,
        owner,
        version as contract_version,
        main_table,
        frequency_s,
        latency_s,
        zone,
        crs,
        kind as expected_kind,
        case when kind = 'entity_slots' then expected ->> 'register' end as expected_register,
        slot_s,
        coalesce((expected ->> 'target')::double precision, {{ var('coverage_target') }}) as coverage_target,
        {{ var('stale_after_intervals') }} * slot_s + latency_s as fresh_for_s,
        main_table = 'warning' as is_served_live,
        activated_at,
        -- nobody could poll before the feed was switched on, however much history its source holds
        case when kind = 'polls' then activated_at else active_from end as active_from,
        active_until,
        latency_element as promise_element
    from slotted

)

select * from final
