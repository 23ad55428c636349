-- A view over what is kept, so that promises run out and evidence grows stale without a build.
with

pairs as (

    select * from {{ ref('int_warning__enterprise') }}

),

answers as (

    select * from {{ ref('int_warning__answer') }}

),

-- the platform has dealt with these
answered as (

    select distinct warning_key from answers

),

responsible as (

    select * from {{ ref('int_enterprise__responsible') }}

),

promises as (

    select * from {{ ref('warning_promise') }}

),

evidence as (

    select * from {{ ref('int_warning__receipt_evidence') }}

),

promised as (

    select
        pairs.*,
        coalesce(responsible.n_responsible, 0) as n_responsible,
        responsible.responsible_roles,
        answered.warning_key is not null as is_warning_answered,
        coalesce(answers.n_receipts, 0) as n_receipts,
        answers.channels,
        coalesce(answers.reached_by, '{}'::jsonb) as reached_by,
        answers.is_by_hand,
        answers.action,
        answers.is_work_stopped,
        answers.people_moved,
        answers.clock_disorder,
        answers.receipt_sent_at,
        answers.delivered_at,
        answers.acknowledged_at,
        answers.acted_at,
        answers.stopped_at,
        answers.reached_at,
        pairs.sent_at + make_interval(mins => promises.reach_within_min) as reach_due_at,
        pairs.sent_at + make_interval(mins => promises.ack_within_min) as acknowledge_due_at,
        pairs.sent_at + make_interval(mins => promises.act_within_min) as act_due_at
    from pairs
    left join promises on pairs.colour = promises.colour
    left join answered on pairs.warning_key = answered.warning_key
    left join answers
        on
            pairs.warning_key = answers.warning_key
            and pairs.credit_code = answers.credit_code
    left join responsible
        on
            pairs.credit_code = responsible.credit_code
            and pairs.sent_at >= responsible.valid_from
            and pairs.sent_at < responsible.valid_to

),

judged as (

    select
        promised.*,
        case
            when promised.acted_at is not null then 'ACTED'
            when promised.acknowledged_at is not null then 'ACKNOWLEDGED'
            when promised.delivered_at is not null then 'DELIVERED'
            when promised.n_receipts > 0 then 'SENT'
            -- nothing is known of it: was anybody there to tell us?
            when not (promised.is_warning_answered or promised.sent_at >= coalesce(evidence.told_from, {{ forever() }}))
                then 'NO_EVIDENCE'
            when promised.reach_due_at <= evidence.told_until and promised.reach_due_at <= {{ as_of() }}
                then 'NOT_REACHED'
            when evidence.is_fresh then 'PENDING'
            else 'NO_EVIDENCE'
        end as receipt_state
    from promised
    cross join evidence

),

final as (

    select
        ---------- ids
        feed_id,
        warning_key,
        credit_code,
        sender,
        identifier,
        is_copy,

        ---------- the warning
        sent_at,
        onset_at,
        is_onset_stated,
        landed_at,
        colour,
        event,
        event_type_code,

        ---------- the enterprise
        enterprise_name,
        industry,
        region_code,
        is_key_enterprise,
        covered_by,
        n_responsible,
        responsible_roles,

        ---------- what became of it
        receipt_state,
        receipt_state in ('ACTED', 'ACKNOWLEDGED', 'DELIVERED') as is_reached,
        n_receipts,
        channels,
        reached_by,
        is_by_hand,
        action,
        is_work_stopped,
        people_moved,
        clock_disorder,

        ---------- clocks
        receipt_sent_at,
        delivered_at,
        acknowledged_at,
        acted_at,
        stopped_at,
        reached_at,
        reach_due_at,
        acknowledge_due_at,
        act_due_at,
        coalesce(reached_at <= reach_due_at, false) as is_reached_in_time,
        coalesce(coalesce(acknowledged_at, acted_at) <= acknowledge_due_at, false) as is_acknowledged_in_time,

        ---------- lead to the onset, hours
        {{ signed_hours('sent_at', 'onset_at') }} as issued_lead_hours,
        {{ signed_hours('landed_at', 'onset_at') }} as lead_hours,
        {{ signed_hours('reached_at', 'onset_at') }} as delivered_lead_hours,
        {{ signed_hours('acknowledged_at', 'onset_at') }} as acknowledged_lead_hours,
        {{ signed_hours('acted_at', 'onset_at') }} as acted_lead_hours,
        {{ signed_hours('stopped_at', 'onset_at') }} as stopped_lead_hours,

        ---------- delays since the warning was sent, minutes
        {{ signed_minutes('sent_at', 'landed_at') }} as landed_delay_min,
        {{ signed_minutes('sent_at', 'delivered_at') }} as delivered_delay_min,
        {{ signed_minutes('sent_at', 'acknowledged_at') }} as acknowledged_delay_min,
        {{ signed_minutes('sent_at', 'acted_at') }} as acted_delay_min,

        ---------- origin
        batch_id,
        {{ as_of() }} as as_of
    from judged

)

select * from final
