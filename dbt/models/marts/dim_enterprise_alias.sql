{{ config(materialized='kept_table', unique_key=['code'], indexes=[{'columns': ['credit_code']}]) }}

-- One row per code or name, exactly as sent. Its kind follows from its shape, so the code alone is enough to join by.
with

identities as (

    select * from {{ ref('int_enterprise__identity') }}

),

final as (

    select
        code_kind,
        code,
        credit_code,
        rule,
        first_named_at,
        last_named_at,
        n_records,
        feeds
    from identities

)

select * from final
