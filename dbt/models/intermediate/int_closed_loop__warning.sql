-- One row per chain of warnings and key enterprise, however many feeds carry it. The loop is about the gravest colour
-- that the chain had over the enterprise: what was answered to a lesser message is no answer to a graver one, while a
-- later downgrade asks for nothing new. So of several messages of that colour any answer counts, the promise runs from
-- the first.
with

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where
        is_key_enterprise
        and not is_copy

),

chains as (

    select * from {{ ref('int_warning__chain') }}

),

states as (

    select * from {{ ref('int_warning__state') }}

),

ranked as (

    select
        pairs.*,
        chains.chain_key,
        {{ level_rank('pairs.colour') }} = min({{ level_rank('pairs.colour') }}) over (
            partition by chains.chain_key, pairs.credit_code
        ) as is_gravest
    from pairs
    inner join chains
        on
            pairs.feed_id = chains.feed_id
            and pairs.warning_key = chains.warning_key

),

-- a chain is over when none of its messages is in force in any feed
ends as (

    select
        chains.chain_key,
        max(states.ended_at) as ended_at
    from chains
    inner join states
        on
            chains.feed_id = states.feed_id
            and chains.warning_key = states.warning_key
    where states.state <> 'not_actual'
    group by chains.chain_key
    having not bool_or(states.state = 'active')

),

loops as (

    select
        chain_key,
        credit_code,
        min(feed_id) as feed_id,
        min(region_code) as region_code,
        (array_agg(event order by sent_at, warning_key))[1] as event,
        min(colour) as colour,
        min(sent_at) as opened_at,
        min(coalesce(acknowledged_at, acted_at)) as responded_at,
        min(acted_at) as disposed_at,
        min(acknowledge_due_at) as respond_due_at,
        min(act_due_at) as dispose_due_at,
        case
            when bool_or(receipt_state not in ('PENDING', 'NO_EVIDENCE')) then 'known'
            when bool_or(receipt_state = 'PENDING') then 'awaited'
            else 'none'
        end as evidence
    from ranked
    where is_gravest
    group by chain_key, credit_code

),

final as (

    select
        'warning' as loop_kind,
        loops.chain_key || '|' || loops.credit_code as loop_key,
        loops.feed_id,
        loops.credit_code,
        loops.chain_key as object_code,
        loops.region_code,
        loops.event as subject,
        loops.colour as grade,
        loops.opened_at,
        loops.responded_at,
        loops.disposed_at,
        -- acted on and over
        case when ends.chain_key is not null then greatest(loops.disposed_at, ends.ended_at) end as over_at,
        ends.ended_at,
        loops.respond_due_at,
        loops.dispose_due_at,
        loops.evidence
    from loops
    left join ends on loops.chain_key = ends.chain_key

)

select
    loop_kind,
    loop_key,
    feed_id,
    credit_code,
    object_code,
    region_code,
    subject,
    grade,
    opened_at,
    responded_at,
    disposed_at,
    case when disposed_at is not null then over_at end as closed_at,
    ended_at,
    respond_due_at,
    dispose_due_at,
    null::timestamptz as deadline_at,
    evidence
from final
