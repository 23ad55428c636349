-- One row per enterprise that stops and enterprise that feels it: its customers, theirs, and so on, up to supply_depth
-- links away. A walk never turns back to where it began; within the depth a circle ends by itself. An enterprise stops
-- if all links of one way to it are critical, after the stocks along that way are used up.
with recursive

supplies as (

    select * from {{ ref('supply_chain') }}
    where is_in_force

),

-- one link between two, whatever they trade: the product that is missed first decides
links as (

    select
        coalesce(supplier_credit_code, supplier_code) as supplier_code,
        coalesce(customer_credit_code, customer_code) as customer_code,
        coalesce(bool_or(is_critical), false) as is_critical,
        -- an unknown stock is none
        coalesce(
            min(coalesce(stock_days, 0)) filter (where is_critical),
            min(coalesce(stock_days, 0))
        ) as stock_days
    from supplies
    where coalesce(supplier_credit_code, supplier_code) <> coalesce(customer_credit_code, customer_code)
    group by coalesce(supplier_credit_code, supplier_code), coalesce(customer_credit_code, customer_code)

),

walk as (

    select
        supplier_code as origin_code,
        customer_code as reached_code,
        1 as n_links,
        is_critical,
        stock_days
    from links

    union

    select
        walk.origin_code,
        links.customer_code as reached_code,
        walk.n_links + 1 as n_links,
        walk.is_critical and links.is_critical as is_critical,
        walk.stock_days + links.stock_days as stock_days
    from walk
    inner join links on walk.reached_code = links.supplier_code
    where
        walk.n_links < {{ var('supply_depth') }}
        and links.customer_code <> walk.origin_code

),

final as (

    select
        origin_code,
        reached_code,
        min(n_links)::integer as n_links,
        bool_or(is_critical) as is_stopped,
        min(n_links) filter (where is_critical)::integer as n_critical_links,
        min(stock_days) filter (where is_critical) as stops_after_days,
        {{ as_of() }} as as_of
    from walk
    group by origin_code, reached_code

)

select * from final
