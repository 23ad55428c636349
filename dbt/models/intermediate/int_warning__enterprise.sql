{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'warning_key', 'credit_code'],
        indexes=[
            {'columns': ['identifier', 'credit_code']},
            {'columns': ['credit_code', 'sent_at']},
            {'columns': ['sent_at']},
        ],
        pre_hook="{{ forget_touched_pairs(this) }}",
    )
}}

-- depends_on: {{ ref('int_warning__batch') }}, {{ ref('int_enterprise__batch') }}

-- What the warnings, the register and the receipts say, without the clock: it is judged in fct_warning_enterprise.
with

covered as (

    {% if is_partial() %}
        select * from {{ ref('int_warning__covered') }}
        where identifier in ({{ touched_identifiers() }})

        union all

        select * from {{ ref('int_warning__covered') }}
        where
            credit_code in ({{ touched_enterprises() }})
            and identifier not in ({{ touched_identifiers() }})
    {% else %}
        select * from {{ ref('int_warning__covered') }}
    {% endif %}

),

receipts as (

    select * from {{ ref('int_warning__receipt') }}

),

responsible as (

    select * from {{ ref('int_enterprise__responsible') }}

),

-- the gravest block that covers the enterprise speaks
pairs as (

    select
        feed_id,
        warning_key,
        credit_code,
        min(sender) as sender,
        min(identifier) as identifier,
        min(sent_at) as sent_at,
        coalesce(min(onset_at), min(event_at)) as onset_at,
        min(onset_at) is not null as is_onset_stated,
        min(landed_at) as landed_at,
        {{ highest_level('colour') }} as colour,
        (array_agg(event order by {{ level_rank('colour') }}, language like 'zh%' desc, info_index))[1] as event,
        (
            array_agg(event_type_code order by {{ level_rank('colour') }}, language like 'zh%' desc, info_index)
        )[1] as event_type_code,
        min(enterprise_name) as enterprise_name,
        min(industry) as industry,
        min(region_code) as region_code,
        bool_or(is_key_enterprise) as is_key_enterprise,
        min(covered_by) as covered_by,
        row_number() over (partition by warning_key, credit_code order by feed_id) > 1 as is_copy,
        min(batch_id) as batch_id
    from covered
    group by feed_id, warning_key, credit_code

),

-- which message a receipt means: it names an identifier, no sender and no time
candidates as (

    select
        receipts.*,
        pairs.warning_key,
        pairs.sent_at as warning_sent_at,
        min(pairs.sender) over by_receipt <> max(pairs.sender) over by_receipt as is_ambiguous,
        -- of several versions the newest that was out when the receipt's message went, else the first
        row_number() over (
            by_receipt
            order by
                pairs.sent_at <= receipts.sent_at desc,
                case when pairs.sent_at <= receipts.sent_at then pairs.sent_at end desc,
                pairs.sent_at asc
        ) as choice
    from receipts
    inner join pairs
        on
            receipts.warning_identifier = pairs.identifier
            and receipts.credit_code = pairs.credit_code
    where not pairs.is_copy
    window by_receipt as (partition by receipts.feed_id, receipts.warning_identifier, receipts.enterprise_code)

),

answers as (

    select
        warning_key,
        credit_code,
        count(*)::integer as n_receipts,
        string_agg(distinct channel, '; ' order by channel) as channels,
        -- by hand only if nothing else reached it
        bool_and(is_by_hand) filter (where reached_at is not null) as is_by_hand,
        min(sent_at) as receipt_sent_at,
        min(delivered_at) as delivered_at,
        min(acknowledged_at) as acknowledged_at,
        min(acted_at) as acted_at,
        min(reached_at) as reached_at,
        string_agg(distinct action, '; ' order by action) as action,
        bool_or(is_work_stopped) as is_work_stopped,
        min(acted_at) filter (where is_work_stopped) as stopped_at,
        max(people_moved) as people_moved,
        string_agg(distinct clock_disorder, '; ' order by clock_disorder) as clock_disorder,
        bool_or(sent_at < warning_sent_at) as is_sent_before_warning
    from candidates
    where
        choice = 1
        and not is_ambiguous
    group by warning_key, credit_code

),

persons as (

    select
        pairs.feed_id,
        pairs.warning_key,
        pairs.credit_code,
        count(distinct responsible.person_hash)::integer as n_responsible,
        string_agg(distinct responsible.role, '; ' order by responsible.role) as responsible_roles
    from pairs
    inner join responsible
        on
            pairs.credit_code = responsible.credit_code
            and pairs.sent_at >= coalesce(responsible.valid_from, {{ always() }})
            and pairs.sent_at < coalesce(responsible.valid_to, {{ forever() }})
    group by pairs.feed_id, pairs.warning_key, pairs.credit_code

),

answered as (

    select distinct warning_identifier from receipts

),

final as (

    select
        ---------- ids
        pairs.feed_id,
        pairs.warning_key,
        pairs.credit_code,
        pairs.sender,
        pairs.identifier,
        pairs.is_copy,

        ---------- the warning
        pairs.sent_at,
        pairs.onset_at,
        pairs.is_onset_stated,
        pairs.landed_at,
        pairs.colour,
        pairs.event,
        pairs.event_type_code,

        ---------- the enterprise
        pairs.enterprise_name,
        pairs.industry,
        pairs.region_code,
        pairs.is_key_enterprise,
        pairs.covered_by,
        coalesce(persons.n_responsible, 0) as n_responsible,
        persons.responsible_roles,

        ---------- the receipts
        answered.warning_identifier is not null as is_warning_answered,
        coalesce(answers.n_receipts, 0) as n_receipts,
        answers.channels,
        answers.is_by_hand,
        answers.receipt_sent_at,
        answers.delivered_at,
        answers.acknowledged_at,
        answers.acted_at,
        answers.reached_at,
        answers.action,
        answers.is_work_stopped,
        answers.stopped_at,
        answers.people_moved,
        nullif(
            concat_ws(
                '; ',
                case when answers.is_sent_before_warning then 'sent before the warning' end,
                answers.clock_disorder
            ),
            ''
        ) as clock_disorder,

        ---------- origin
        pairs.batch_id
    from pairs
    left join answers
        on
            pairs.warning_key = answers.warning_key
            and pairs.credit_code = answers.credit_code
    left join persons
        on
            pairs.feed_id = persons.feed_id
            and pairs.warning_key = persons.warning_key
            and pairs.credit_code = persons.credit_code
    left join answered on pairs.identifier = answered.warning_identifier

)

select * from final
