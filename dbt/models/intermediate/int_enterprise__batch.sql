-- One row per enterprise and batch that wrote something about it: an entry of the register or a responsible person.
with

final as (

    select
        credit_code,
        batch_id
    from {{ ref('dim_enterprise') }}

    union all

    select
        credit_code,
        batch_id
    from {{ ref('int_enterprise__responsible') }}

)

select * from final
