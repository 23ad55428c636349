{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['warning_key', 'credit_code'],
        indexes=[{'columns': ['identifier']}, {'columns': ['credit_code']}],
        pre_hook="{{ forget_touched(this, receipts=true) }}",
    )
}}

-- depends_on: {{ ref('int_warning__batch') }}, {{ ref('int_enterprise__batch') }}

-- What the receipts say about a warning and an enterprise under it. A table of its own beside the pairs: PostgreSQL
-- must know how many pairs there are, or it compares each with each receipt.
with

receipts as (

    select * from {{ ref('int_warning__receipt') }}
    {% if is_partial() %}
        where
            warning_identifier = any({{ touched_identifiers(receipts=true) }})
            or credit_code = any({{ touched_enterprises() }})
    {% endif %}

),

pairs as (

    select * from {{ ref('int_warning__enterprise') }}

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

meant as (

    select * from candidates
    where
        choice = 1
        and not is_ambiguous

),

-- one enterprise may be told by several channels; those that reached it, with the first time of each
by_channel as (

    select
        warning_key,
        credit_code,
        coalesce(channel, 'unknown') as channel,
        min(reached_at) as reached_at
    from meant
    where reached_at is not null
    group by warning_key, credit_code, coalesce(channel, 'unknown')

),

reached_by as (

    select
        warning_key,
        credit_code,
        jsonb_object_agg(channel, {{ utc_text('reached_at') }}) as reached_by
    from by_channel
    group by warning_key, credit_code

),

answered as (

    select
        warning_key,
        credit_code,
        min(warning_identifier) as identifier,
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
        nullif(
            concat_ws(
                '; ',
                case when bool_or(sent_at < warning_sent_at) then 'sent before the warning' end,
                string_agg(distinct clock_disorder, '; ' order by clock_disorder)
            ),
            ''
        ) as clock_disorder
    from meant
    group by warning_key, credit_code

),

final as (

    select
        answered.*,
        coalesce(reached_by.reached_by, '{}'::jsonb) as reached_by
    from answered
    left join reached_by
        on
            answered.warning_key = reached_by.warning_key
            and answered.credit_code = reached_by.credit_code

)

select * from final
