{# The planner cannot know how many codes grouping leaves, guesses a few, and then loops over a hundred thousand names
   for each of a hundred thousand. All joins here are of equal values. #}
{{ config(materialized='kept_table', unique_key=['code'], pre_hook='set local enable_nestloop = off') }}

-- One row per code or name, as sent: the enterprise it means, by which rule, or why nobody can say. The first rule that
-- finds anybody decides; it decides only if it finds exactly one.
with

codes as (

    select * from {{ ref('int_enterprise__code') }}

),

candidates as (

    select * from {{ ref('int_enterprise__candidate') }}

),

mentions as (

    select * from {{ ref('int_enterprise__mention') }}

),

decisions as (

    select distinct on ({{ normal_code('code') }}, code_kind)
        code_kind,
        {{ normal_code('code') }} as normal_code,
        nullif(btrim(credit_code), '') as credit_code
    from {{ ref('enterprise_identity_decision') }}
    order by {{ normal_code('code') }}, code_kind, decided_on desc

),

-- the strongest rule that finds anybody; those in force while the code was used outweigh those that were not. A name
-- that its bearer had given up, while another bore one much like it, may mean either.
strongest as (

    select
        *,
        rank() over by_strength = 1
        or (first_value(force_rank) over by_strength = 2 and force_rank < 2) as is_strongest
    from candidates
    window by_strength as (partition by code order by rule_rank, force_rank)

),

by_itself as (

    select
        code,
        count(distinct credit_code) as n_candidates,
        count(distinct credit_code) filter (where is_current) as n_current,
        min(credit_code) as credit_code,
        min(case when rule in ('name', 'name_variant') and force_rank = 2 then 'former_name' else rule end) as rule,
        jsonb_agg(
            jsonb_build_object(
                'credit_code', credit_code,
                'enterprise_name', enterprise_name,
                'why', rule,
                'valid_from', valid_from,
                'valid_to', nullif(valid_to, {{ forever() }})
            ) order by credit_code
        ) as candidates
    from strongest
    where is_strongest
    group by code

),

-- what means nobody by itself may always have been sent beside something that does
pairs as (

    select
        code,
        name as other
    from mentions
    where code is not null and name is not null

    union

    select
        name as code,
        code as other
    from mentions
    where code is not null and name is not null

),

beside as (

    select
        pairs.code,
        count(distinct by_itself.credit_code) as n_candidates,
        min(by_itself.credit_code) as credit_code,
        jsonb_agg(distinct by_itself.candidates -> 0) as candidates
    from pairs
    inner join by_itself
        on
            pairs.other = by_itself.code
            and by_itself.n_candidates = 1
    group by pairs.code

),

final as (

    select
        codes.code,
        codes.code_kind,
        codes.normal_code,
        case
            when decisions.normal_code is not null then decisions.credit_code
            when by_itself.n_candidates = 1 then by_itself.credit_code
            when by_itself.code is null and beside.n_candidates = 1 then beside.credit_code
        end as credit_code,
        case
            when decisions.normal_code is not null then 'decision'
            when by_itself.n_candidates = 1 then by_itself.rule
            when by_itself.n_candidates > 1 then 'unresolved'
            when beside.n_candidates = 1 and codes.code_kind = 'name' then 'beside_code'
            when beside.n_candidates = 1 then 'beside_name'
            else 'unresolved'
        end as rule,
        case
            when decisions.normal_code is not null or by_itself.n_candidates = 1 then null
            when by_itself.n_candidates > 1 and by_itself.n_current < 2 then 'reused'
            when by_itself.n_candidates > 1 then 'several_candidates'
            when beside.n_candidates > 1 then 'several_beside'
            when beside.n_candidates is null then 'not_in_register'
        end as reason,
        coalesce(by_itself.candidates, beside.candidates, '[]') as candidates,
        codes.first_named_at,
        codes.last_named_at,
        codes.n_records,
        codes.feeds
    from codes
    left join decisions
        on
            codes.normal_code = decisions.normal_code
            and codes.code_kind = decisions.code_kind
    left join by_itself on codes.code = by_itself.code
    left join beside on codes.code = beside.code

)

select * from final
