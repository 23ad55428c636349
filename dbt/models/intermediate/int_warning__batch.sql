-- One row per identifier of a warning and batch that wrote something about it: the message, a block, an area or a
-- receipt. Several senders may use an identifier, and receipts name nothing else, so it is taken as a whole.
with

final as (

    select
        identifier,
        batch_id
    from {{ ref('stg_warning') }}

    union all

    select
        identifier,
        batch_id
    from {{ ref('stg_warning_info') }}

    union all

    select
        identifier,
        batch_id
    from {{ ref('stg_warning_area') }}

    union all

    select
        warning_identifier as identifier,
        batch_id
    from {{ ref('stg_warning_receipt') }}

)

select * from final
