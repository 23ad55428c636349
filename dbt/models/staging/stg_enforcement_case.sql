-- One row per case, as far as it has come.
with

source as (

    select * from {{ source('landing', 'enforcement_case') }}

),

final as (

    select
        ---------- ids
        feed_id,
        case_code,
        inspection_code,
        enterprise_code,
        region_code,

        ---------- attributes
        enterprise_name,
        case_reason,
        penalty_type,
        fine_cny,
        state,
        {{ as_array('handler_hashes') }} as handler_hashes,
        quality_flags,

        ---------- clocks
        filed_at,
        decided_at,
        closed_at,
        updated_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id

    from source

)

select * from final
