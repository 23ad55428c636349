-- One row per depot, item and batch, as last counted; of depots that are still listed.
with

stock as (

    {{ listed('stg_reserve_stock', 'reserve_depot', 'depot_code') }}

),

depots as (

    select * from {{ ref('stg_reserve_depot') }}

),

needs as (

    select * from {{ ref('reserve_requirement') }}

),

judged as (

    select
        stock.*,
        perishables.is_perishable,
        case
            when stock.expires_at is not null
                then {{ local_day('stock.expires_at') }} < {{ local_day(as_of()) }}
            -- what is known to perish and bears no date may have perished
            when perishables.is_perishable then null
            else false
        end as is_expired
    from stock
    cross join lateral (
        select coalesce(bool_or(needs.is_perishable), false) as is_perishable
        from needs
        where concat_ws(' ', stock.item_name, stock.item_category) like '%' || needs.item || '%'
    ) as perishables

),

usable as (

    select
        *,
        case when not is_expired then greatest(quantity, 0) else 0 end as usable_quantity
    from judged

),

final as (

    select
        ---------- ids
        usable.feed_id,
        usable.depot_code,
        usable.item_code,
        usable.batch_no,
        depots.region_code,

        ---------- attributes
        depots.depot_name,
        depots.depot_level,
        depots.radius_km as depot_radius_km,
        depots.depot_code is not null as is_depot_known,
        usable.item_name,
        usable.item_category,
        usable.quantity,
        usable.usable_quantity,
        usable.unit,
        usable.minimum_quantity,
        (sum(usable.usable_quantity::numeric) over same_item)::double precision as item_usable_quantity,
        sum(usable.usable_quantity::numeric) over same_item
        < max(usable.minimum_quantity) over same_item as is_below_minimum,
        usable.is_perishable,
        usable.is_expired,
        depots.geometry,

        ---------- clocks
        usable.produced_at,
        usable.expires_at,
        usable.counted_at,
        {{ local_day(as_of()) }} - {{ local_day('usable.counted_at') }} as counted_days_ago,
        {{ as_of() }} as as_of,

        ---------- origin
        usable.batch_id
    from usable
    left join depots
        on
            usable.feed_id = depots.feed_id
            and usable.depot_code = depots.depot_code
    window same_item as (partition by usable.feed_id, usable.depot_code, usable.item_code)

)

select * from final
