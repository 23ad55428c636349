-- One row per county and item.
with

stock as (

    select * from {{ ref('fct_reserve_stock') }}

),

final as (

    select
        left(region_code, 6) as region_code,
        item_name,
        unit,
        count(distinct concat_ws(' ', feed_id, depot_code))::integer as n_depots,
        count(distinct concat_ws(' ', feed_id, depot_code)) filter (where usable_quantity > 0)::integer
            as n_depots_with_usable,
        count(distinct concat_ws(' ', feed_id, depot_code)) filter (where is_below_minimum)::integer
            as n_depots_below_minimum,
        coalesce(sum(quantity::numeric), 0)::double precision as quantity,
        coalesce(sum(quantity::numeric) filter (where is_expired), 0)::double precision as expired_quantity,
        coalesce(sum(quantity::numeric) filter (where is_expired is null), 0)::double precision as undated_quantity,
        coalesce(sum(usable_quantity::numeric), 0)::double precision as usable_quantity,
        100::double precision * coalesce(sum(quantity::numeric) filter (where is_expired), 0)
        / nullif(sum(quantity::numeric) filter (where is_expired is not null), 0) as expired_pct,
        min(expires_at) filter (where not is_expired) as next_expires_at,
        min(counted_at) as oldest_count_at,
        {{ as_of() }} as as_of
    from stock
    group by left(region_code, 6), item_name, unit

)

select * from final
