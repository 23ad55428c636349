-- Each message is counted once, however many feeds carry it; colours and onset are those of all its blocks, as issued.
with

messages as (

    select * from {{ ref('stg_warning') }}
    where
        status = 'Actual'
        and msg_type in ('Alert', 'Update')

),

infos as (

    select
        *,
        coalesce(colour, 'unknown') as colour_or_unknown
    from {{ ref('stg_warning_info') }}

),

chains as (

    select * from {{ ref('int_warning__chain') }}

),

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where
        is_key_enterprise
        and not is_copy

),

said as (

    select
        messages.warning_key,
        min(messages.sender) as sender,
        min(messages.identifier) as identifier,
        min(messages.sent_at) as sent_at,
        min(messages.landed_at) as landed_at,
        min(chains.chain_key) as chain_key,
        coalesce({{ highest_level('colour_or_unknown') }}, 'unknown') as colour,
        (
            array_agg(
                infos.event
                order by
                    {{ level_rank('colour_or_unknown') }},
                    infos.language like 'zh%' desc,
                    infos.info_index,
                    messages.feed_id
            )
        )[1] as event,
        coalesce(
            bool_or(infos.event_type_code = any(string_to_array('{{ var("rainstorm_event_codes") }}', ','))), false
        ) as is_rainstorm,
        coalesce(min(infos.onset_at), min(messages.event_at)) as onset_at,
        min(infos.onset_at) is not null as is_onset_stated
    from messages
    left join infos
        on
            messages.feed_id = infos.feed_id
            and messages.sender = infos.sender
            and messages.identifier = infos.identifier
            and messages.sent_at = infos.sent_at
    left join chains
        on
            messages.feed_id = chains.feed_id
            and messages.warning_key = chains.warning_key
    group by messages.warning_key

),

leads as (

    select
        *,
        min(sent_at) over (partition by chain_key) as chain_sent_at,
        {{ signed_hours('sent_at', 'onset_at') }} as issued_lead_hours,
        {{ signed_hours('landed_at', 'onset_at') }} as landed_lead_hours,
        is_rainstorm and colour in ('red', 'orange') as is_lead_goal
    from said

),

answers as (

    select
        warning_key,
        count(*) as n_key,
        count(*) filter (where is_reached) as n_reached,
        count(*) filter (where is_work_stopped) as n_stopped,
        count(*) filter (
            where
            is_work_stopped
            and is_onset_stated
            and stopped_lead_hours >= {{ var('stop_work_lead_goal_h') }}
        ) as n_stopped_ahead,
        percentile_cont(0.5) within group (order by delivered_lead_hours) as median_delivered_lead_hours,
        percentile_cont(0.5) within group (order by acted_lead_hours) as median_acted_lead_hours
    from pairs
    group by warning_key

),

final as (

    select
        ---------- ids
        leads.warning_key,
        leads.chain_key,
        leads.sender,
        leads.identifier,

        ---------- attributes
        leads.event,
        leads.colour,
        leads.is_rainstorm,
        leads.is_onset_stated,

        ---------- clocks
        leads.sent_at,
        {{ local_day('leads.sent_at') }} as sent_on,
        leads.chain_sent_at,
        leads.landed_at,
        leads.onset_at,

        ---------- hours to the onset
        leads.issued_lead_hours,
        {{ signed_hours('leads.chain_sent_at', 'leads.onset_at') }} as chain_lead_hours,
        leads.landed_lead_hours,
        answers.median_delivered_lead_hours,
        answers.median_acted_lead_hours,

        ---------- the goals
        leads.is_lead_goal,
        -- an onset that nobody stated is no evidence that the warning came early
        leads.is_lead_goal
        and leads.is_onset_stated
        and leads.issued_lead_hours >= {{ var('rainstorm_lead_goal_h') }} as is_lead_goal_met,
        coalesce(answers.n_key, 0) as n_key,
        coalesce(answers.n_reached, 0) as n_reached,
        coalesce(answers.n_stopped, 0) as n_stopped,
        coalesce(answers.n_stopped_ahead, 0) as n_stopped_ahead,
        {{ pct('answers.n_stopped_ahead', 'answers.n_key') }} as stopped_ahead_pct
    from leads
    left join answers on leads.warning_key = answers.warning_key

)

select * from final
