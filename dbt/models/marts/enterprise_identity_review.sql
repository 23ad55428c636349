{{ config(materialized='kept_table', unique_key=['code', 'name']) }}

-- One row per case that a person must decide: a code or name that means nobody for certain (name is then empty), or a
-- pair of both that mean different enterprises. A row in the seed enterprise_identity_decision settles it.
with

identities as (

    select * from {{ ref('int_enterprise__identity') }}

),

mentions as (

    select * from {{ ref('int_enterprise__mention') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

disagreeing as (

    select
        by_code.code_kind,
        mentions.code,
        mentions.name,
        jsonb_build_array(by_code.candidates -> 0, by_name.candidates -> 0) as candidates,
        min(mentions.first_named_at) as first_named_at,
        max(mentions.last_named_at) as last_named_at,
        sum(mentions.n_records)::bigint as n_records,
        jsonb_agg(distinct mentions.feed_id order by mentions.feed_id) as feeds
    from mentions
    inner join identities as by_code on mentions.code = by_code.code
    inner join identities as by_name on mentions.name = by_name.code
    where
        by_code.credit_code <> by_name.credit_code
        and by_code.rule <> 'decision'
        and by_name.rule <> 'decision'
    group by
        by_code.code_kind, mentions.code, mentions.name, by_code.candidates -> 0, by_name.candidates -> 0

),

spellings as (

    select
        credit_code,
        {{ confusable_code('credit_code') }} as spelling
    from enterprises

    union

    select
        credit_code,
        {{ confusable_code('mine_code') }} as spelling
    from enterprises

),

-- what a slip of the fingers may have made of a code: a hint for whoever decides, never an answer
confusable as (

    select
        identities.code,
        jsonb_agg(
            jsonb_build_object(
                'credit_code', enterprises.credit_code,
                'enterprise_name', enterprises.enterprise_name,
                'why', 'confusable',
                'valid_from', enterprises.valid_from,
                'valid_to', null
            ) order by enterprises.credit_code
        ) as candidates
    from identities
    inner join spellings on {{ confusable_code('identities.normal_code') }} = spellings.spelling
    inner join enterprises on spellings.credit_code = enterprises.credit_code
    where identities.reason = 'not_in_register'
    group by identities.code

),

final as (

    select
        identities.code_kind,
        identities.code,
        '' as name,
        identities.reason,
        coalesce(confusable.candidates, identities.candidates) as candidates,
        identities.first_named_at,
        identities.last_named_at,
        identities.n_records,
        identities.feeds
    from identities
    left join confusable on identities.code = confusable.code
    where identities.reason is not null

    union all

    select
        code_kind,
        code,
        name,
        'code_and_name_disagree' as reason,
        candidates,
        first_named_at,
        last_named_at,
        n_records,
        feeds
    from disagreeing

)

select * from final
