-- One row per enterprise that supplies somebody.
with

reach as (

    select * from {{ ref('supply_reach') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

final as (

    select
        reach.origin_code,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code,
        count(*)::integer as n_reached,
        count(*) filter (where reach.n_links = 1)::integer as n_customers,
        count(*) filter (where reach.is_stopped)::integer as n_stopped,
        count(*) filter (where reach.is_stopped and reach.n_links = 1)::integer as n_customers_stopped,
        min(reach.stops_after_days) as first_stop_after_days,
        max(reach.n_links)::integer as n_links_max,
        {{ as_of() }} as as_of
    from reach
    left join enterprises on reach.origin_code = enterprises.credit_code
    group by
        reach.origin_code,
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code

)

select * from final
