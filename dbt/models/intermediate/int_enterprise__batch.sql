-- One row per enterprise and batch that wrote something about it: an entry of the register, or villages, around which
-- the town is drawn that an entry without a code lies in.
with

final as (

    select
        credit_code,
        batch_id
    from {{ ref('dim_enterprise') }}

    union all

    select
        enterprises.credit_code,
        villages.batch_id
    from {{ ref('dim_enterprise') }} as enterprises
    cross join {{ ref('stg_village') }} as villages
    where enterprises.region_source = 'geometry'

)

select * from final
