-- One row per code or name, exactly as sent, by which anything names an enterprise. What the register itself calls its
-- enterprises is there too, without times of mention unless others use it as well.
with

mentions as (

    select * from {{ ref('int_enterprise__mention') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

uses as (

    select
        code,
        feed_id,
        first_named_at,
        last_named_at,
        n_records
    from mentions
    where code is not null

    union all

    select
        name as code,
        feed_id,
        first_named_at,
        last_named_at,
        n_records
    from mentions
    where name is not null

    union all

    select
        credit_code as code,
        feed_id,
        null as first_named_at,
        null as last_named_at,
        0 as n_records
    from enterprises

    union all

    select
        btrim(mine_code) as code,
        feed_id,
        null as first_named_at,
        null as last_named_at,
        0 as n_records
    from enterprises
    where btrim(mine_code) <> ''

    union all

    select
        btrim(enterprise_name) as code,
        feed_id,
        null as first_named_at,
        null as last_named_at,
        0 as n_records
    from enterprises

),

gathered as (

    select
        code,
        {{ normal_code('code') }} as normal_code,
        min(first_named_at) as first_named_at,
        max(last_named_at) as last_named_at,
        sum(n_records)::bigint as n_records,
        jsonb_agg(distinct feed_id order by feed_id) as feeds
    from uses
    group by code

),

final as (

    select
        *,
        {{ code_kind('normal_code') }} as code_kind
    from gathered
    -- a dash or 无 in a field that must not be empty is no code
    where normal_code is not null

)

select * from final
