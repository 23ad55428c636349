-- One row per receipt, with the enterprise that its code means (null where nobody knows) and what is wrong with the
-- order of its times. Times are as sent, never clipped.
with

receipts as (

    select * from {{ ref('stg_warning_receipt') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

channels as (

    select * from {{ ref('warning_channel') }}

),

final as (

    select
        receipts.feed_id,
        receipts.warning_identifier,
        receipts.enterprise_code,
        receipts.enterprise_name,
        aliases.credit_code,
        receipts.channel,
        channels.is_by_hand,
        receipts.action,
        receipts.is_work_stopped,
        receipts.people_moved,
        receipts.sent_at,
        receipts.delivered_at,
        receipts.acknowledged_at,
        receipts.acted_at,
        -- the first sign that the enterprise knew
        coalesce(receipts.delivered_at, receipts.acknowledged_at, receipts.acted_at) as reached_at,
        nullif(
            concat_ws(
                '; ',
                case when receipts.delivered_at < receipts.sent_at then 'delivered before sent' end,
                case
                    when receipts.acknowledged_at < coalesce(receipts.delivered_at, receipts.sent_at)
                        then 'acknowledged before delivered'
                end,
                case
                    when
                        receipts.acted_at
                        < coalesce(receipts.acknowledged_at, receipts.delivered_at, receipts.sent_at)
                        then 'acted before acknowledged'
                end
            ),
            ''
        ) as clock_disorder,
        receipts.updated_at,
        receipts.landed_at,
        receipts.batch_id
    from receipts
    left join aliases on receipts.enterprise_code = aliases.code
    left join channels on receipts.channel = channels.channel

)

select * from final
