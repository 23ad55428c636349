-- One row per object, condition and piece of evidence, of every kind.
with

final as (

    select * from {{ ref('int_risk__observed') }}
    union all
    select * from {{ ref('int_risk__covered') }}
    union all
    select * from {{ ref('int_risk__shaken') }}
    union all
    select * from {{ ref('int_risk__alarmed') }}
    union all
    select * from {{ ref('int_risk__supplied') }}
    union all
    select * from {{ ref('int_risk__graded') }}

)

select * from final
