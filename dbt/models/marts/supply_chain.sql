-- One row per supplier, customer and product.
with

links as (

    select * from {{ ref('stg_supply_link') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

final as (

    select
        ---------- ids
        links.feed_id,
        links.supplier_code,
        links.customer_code,
        links.product,
        suppliers.credit_code as supplier_credit_code,
        customers.credit_code as customer_credit_code,

        ---------- attributes
        coalesce(suppliers.enterprise_name, links.supplier_name) as supplier_name,
        coalesce(customers.enterprise_name, links.customer_name) as customer_name,
        suppliers.region_code as supplier_region_code,
        customers.region_code as customer_region_code,
        suppliers.credit_code is not null and customers.credit_code is not null as is_resolved,
        coalesce(links.valid_from <= {{ as_of() }}, true)
        and coalesce(links.valid_to > {{ as_of() }}, true) as is_in_force,
        links.share_pct,
        links.is_critical,
        links.stock_days,

        ---------- clocks
        links.valid_from,
        links.valid_to,
        {{ as_of() }} as as_of,

        ---------- origin
        links.batch_id
    from links
    left join aliases as supplier_aliases on links.supplier_code = supplier_aliases.code
    left join enterprises as suppliers on supplier_aliases.credit_code = suppliers.credit_code
    left join aliases as customer_aliases on links.customer_code = customer_aliases.code
    left join enterprises as customers on customer_aliases.credit_code = customers.credit_code

)

select * from final
