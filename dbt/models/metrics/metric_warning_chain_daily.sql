-- A chain is counted on the day of its first alert or update that we hold, once, however many feeds carry it. What
-- became of its colour is told by its alerts and updates in the order of sending, how it ended by the last of them.
with

messages as (

    select * from {{ ref('warning_lead') }}

),

states as (

    select * from {{ ref('int_warning__state') }}

),

-- if one feed has a message in force, it is
known as (

    select
        warning_key,
        case
            when bool_or(state = 'active') then 'in_force'
            when bool_or(state = 'cancelled') then 'cancelled'
            when bool_or(state = 'expired') then 'expired'
            when bool_or(state = 'absent') then 'absent'
            else 'unclear'
        end as outcome
    from states
    group by warning_key

),

steps as (

    select
        messages.*,
        known.outcome,
        {{ level_rank('messages.colour') }} as colour_rank,
        lag({{ level_rank('messages.colour') }}) over by_chain as rank_before,
        row_number() over by_chain as step_no,
        row_number() over by_chain = count(*) over (partition by messages.chain_key) as is_last
    from messages
    inner join known on messages.warning_key = known.warning_key
    window by_chain as (partition by messages.chain_key order by messages.sent_at, messages.warning_key)

),

judged as (

    select
        chain_key,
        min(sent_on) as sent_on,
        coalesce(min(event) filter (where step_no = 1), 'unknown') as event,
        min(colour) filter (where step_no = 1) as colour,
        count(*) as n_messages,
        coalesce(bool_or(colour_rank < rank_before), false) as is_upgraded,
        coalesce(bool_or(colour_rank > rank_before), false) as is_downgraded,
        coalesce(bool_or(colour_rank = rank_before), false) as is_continued,
        min(outcome) filter (where is_last) as outcome
    from steps
    group by chain_key

),

final as (

    select
        sent_on,
        event,
        colour,
        count(*) as n_chains,
        sum(n_messages)::bigint as n_messages,
        count(*) filter (where is_upgraded) as n_upgraded,
        count(*) filter (where is_downgraded) as n_downgraded,
        count(*) filter (where is_continued) as n_continued,
        count(*) filter (where outcome = 'in_force') as n_in_force,
        count(*) filter (where outcome = 'cancelled') as n_cancelled,
        count(*) filter (where outcome = 'expired') as n_expired,
        count(*) filter (where outcome = 'absent') as n_absent,
        count(*) filter (where outcome = 'unclear') as n_unclear,
        {{ as_of() }} as as_of
    from judged
    group by sent_on, event, colour

)

select * from final
