-- Pairs of warning and key enterprise. `any` holds each pair once; every other channel is asked of the same pairs, so
-- that its share is of all of them. A channel that a receipt does not name is `unknown`.
with

pairs as (

    select * from {{ ref('fct_warning_enterprise') }}
    where
        is_key_enterprise
        and not is_copy

),

known_channels as (

    select * from {{ ref('warning_channel') }}

),

used_channels as (

    select channel from known_channels

    union

    select jsonb_object_keys(reached_by) as channel
    from pairs

),

channels as (

    select
        'any' as channel,
        null::boolean as is_by_hand

    union all

    select
        used_channels.channel,
        known_channels.is_by_hand
    from used_channels
    left join known_channels on used_channels.channel = known_channels.channel

),

asked as (

    select
        pairs.warning_key,
        {{ local_day('pairs.sent_at') }} as sent_on,
        {{ county_of('pairs.region_code') }} as region_code,
        coalesce(pairs.industry, 'unknown') as industry,
        pairs.colour,
        pairs.receipt_state,
        channels.channel,
        case when channels.channel = 'any' then pairs.is_by_hand else channels.is_by_hand end as is_by_hand,
        case
            when channels.channel = 'any' then pairs.is_reached
            else pairs.is_reached and pairs.reached_by ? channels.channel
        end as is_reached,
        case
            when channels.channel = 'any' then pairs.is_reached_in_time
            else coalesce((pairs.reached_by ->> channels.channel)::timestamptz <= pairs.reach_due_at, false)
        end as is_reached_in_time
    from pairs
    cross join channels

),

counted as (

    select
        sent_on,
        region_code,
        industry,
        colour,
        channel,
        count(distinct warning_key) as n_warnings,
        count(*) as n_key,
        count(*) filter (where is_reached) as n_reached,
        count(*) filter (where is_reached_in_time) as n_reached_in_time,
        count(*) filter (where is_reached and not is_by_hand) as n_by_machine,
        count(*) filter (where is_reached and is_by_hand) as n_by_hand,
        count(*) filter (
            where not is_reached and receipt_state not in ('PENDING', 'NO_EVIDENCE')
        ) as n_not_reached,
        count(*) filter (where receipt_state = 'PENDING') as n_pending,
        count(*) filter (where receipt_state = 'NO_EVIDENCE') as n_no_evidence
    from asked
    group by sent_on, region_code, industry, colour, channel

),

final as (

    select
        *,
        {{ pct('n_reached', 'n_key') }} as reached_pct,
        {{ pct('n_reached_in_time', 'n_key') }} as reached_in_time_pct,
        {{ pct('n_by_machine', 'n_key') }} as by_machine_pct,
        {{ as_of() }} as as_of
    from counted

)

select * from final
