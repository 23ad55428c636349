-- Receipts that count for no warning and enterprise, with the reason. Nothing is guessed and nothing is lost.
with

receipts as (

    select * from {{ ref('int_warning__receipt') }}

),

messages as (

    select * from {{ ref('stg_warning') }}

),

pairs as (

    select * from {{ ref('int_warning__enterprise') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

named as (

    select
        identifier,
        bool_or(status = 'Actual' and msg_type in ('Alert', 'Update')) as is_warning
    from messages
    group by identifier

),

covering as (

    select
        identifier,
        credit_code,
        count(distinct sender) as n_senders
    from pairs
    group by identifier, credit_code

),

judged as (

    select
        receipts.*,
        case
            when receipts.credit_code is null then 'unknown_enterprise'
            when named.identifier is null then 'unknown_warning'
            when not named.is_warning then 'not_a_warning'
            when covering.n_senders > 1 then 'ambiguous_sender'
            when covering.n_senders = 1 then null
            when
                exists (
                    select 1 from enterprises
                    where
                        receipts.credit_code = enterprises.credit_code
                        and receipts.sent_at < enterprises.valid_to
                        and (receipts.sent_at >= enterprises.valid_from or enterprises.is_first_version)
                        and enterprises.status = 'closed'
                )
                then 'closed_enterprise'
            else 'not_in_area'
        end as reason
    from receipts
    left join named on receipts.warning_identifier = named.identifier
    left join covering
        on
            receipts.warning_identifier = covering.identifier
            and receipts.credit_code = covering.credit_code

),

final as (

    select
        feed_id,
        warning_identifier,
        enterprise_code,
        enterprise_name,
        credit_code,
        reason,
        channel,
        sent_at,
        delivered_at,
        acknowledged_at,
        acted_at,
        landed_at,
        batch_id
    from judged
    where reason is not null

)

select * from final
