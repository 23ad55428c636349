-- One row per message: its info blocks taken together. A message expires only when all its blocks have; until then only
-- the blocks that have not expired speak for it.
with

infos as (

    select * from {{ ref('stg_warning_info') }}

),

judged as (

    select
        *,
        coalesce(expires_at <= {{ as_of() }}, false) as is_expired,
        bool_and(coalesce(expires_at <= {{ as_of() }}, false)) over (
            partition by feed_id, sender, identifier, sent_at
        ) as is_all_expired
    from infos

),

final as (

    select
        feed_id,
        sender,
        identifier,
        sent_at,
        bool_and(is_all_expired) as is_expired,
        case when bool_and(expires_at is not null) then max(expires_at) end as expires_at,
        array_agg(info_index order by info_index) filter (where not is_expired or is_all_expired) as speaking,
        {{ highest_level('colour', among='not is_expired or is_all_expired') }} as colour,
        bool_or(colour_conflict) as is_colour_conflict,
        (
            array_agg(info_index order by language like 'zh%' desc, {{ level_rank('colour') }}, info_index)
            filter (where not is_expired or is_all_expired)
        )[1] as main_info
    from judged
    group by feed_id, sender, identifier, sent_at

)

select * from final
