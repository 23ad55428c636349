-- One row per feed and time in which its contract promised the same. A view, so that an edited contract counts at once.
with

versions as (

    select
        *,
        expected ->> 'kind' as kind,
        {{ transfer_times('expected') }} as transfer_times
    from {{ source('ops', 'feed_version') }}

),

begun as (

    select
        *,
        -- nobody could poll before the feed was switched on, however much history its source holds
        case when kind = 'polls' then greatest(valid_from, activated_at) else valid_from end as owed_from
    from versions

),

final as (

    select
        feed_id,
        owed_from as valid_from,
        valid_to,
        valid_to = {{ forever() }} as is_current,
        activated_at,
        version as contract_version,
        department,
        frequency_s,
        latency_s,
        kind as expected_kind,
        case when kind = 'entity_slots' then expected ->> 'register' end as expected_register,
        {{ slot_length_s('expected', 'frequency_s') }} as slot_s,
        coalesce((expected ->> 'target')::double precision, {{ var('coverage_target') }}) as coverage_target,
        latency_element as promise_element,
        transfer_times,
        coalesce((expected ->> 'availability_full')::double precision, {{ var('availability_full') }})
            as availability_full,
        coalesce((expected ->> 'availability_low')::double precision, {{ var('availability_low') }})
            as availability_low
    from begun
    where owed_from < valid_to

)

select * from final
