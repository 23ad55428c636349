-- One row per object that somebody supplies, condition on accidents upstream, supplier and accident; one that says so
-- where no supplier had an accident, which is known only while the record of accidents is polled. The value is the days
-- of stock that are left if nothing has come since. Suppliers and customers are the enterprises that their codes mean.
with

conditions as (

    select * from {{ ref('int_risk__condition') }}
    where kind = 'incident_upstream'

),

objects as (

    select * from {{ ref('int_risk__object') }}
    where credit_code is not null

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

links as (

    select
        links.*,
        coalesce(suppliers.credit_code, links.supplier_code) as supplier,
        coalesce(customers.credit_code, links.customer_code) as customer
    from {{ ref('stg_supply_link') }} as links
    left join aliases as suppliers on links.supplier_code = suppliers.code
    left join aliases as customers on links.customer_code = customers.code
    where
        ({{ as_of() }} >= links.valid_from or links.valid_from is null)
        and ({{ as_of() }} < links.valid_to or links.valid_to is null)

),

incidents as (

    select
        incidents.*,
        coalesce(codes.credit_code, names.credit_code, incidents.enterprise_code) as enterprise
    from {{ ref('stg_incident') }} as incidents
    left join aliases as codes on incidents.enterprise_code = codes.code
    left join aliases as names on incidents.enterprise_name = names.code

),

polled as (

    select * from {{ ref('int_risk__polled') }}
    where main_table = 'incident'

),

sources as (

    select
        coalesce(bool_and(is_fresh), false) as is_fresh,
        min(polled_at) as polled_at,
        min(fresh_until) as fresh_until
    from polled

),

supplied as (

    select
        objects.object_id,
        conditions.*,
        links.supplier,
        links.supplier_code,
        links.supplier_name,
        links.product,
        links.stock_days
    from conditions
    inner join objects on conditions.object_type = objects.object_type
    inner join links
        on
            objects.credit_code = links.customer
            and (conditions.among is null or links.is_critical)

),

hits as (

    select
        supplied.*,
        incidents.incident_code,
        incidents.incident_type,
        incidents.happened_at,
        supplied.stock_days - extract(epoch from {{ as_of() }} - incidents.happened_at) / 86400 as days_left
    from supplied
    inner join incidents
        on
            supplied.supplier = incidents.enterprise
            and incidents.happened_at > {{ as_of() }} - make_interval(mins => supplied.window_minutes)
            and incidents.happened_at <= {{ as_of() }} + interval '10 minutes'

),

final as (

    select
        object_id,
        object_type,
        rule_id,
        condition_no,
        'incident_upstream' as kind,
        null::text as scope,
        case
            when days_left is null then 'unknown'
            when comparison = '<' and days_left < threshold then 'holds'
            when comparison = '<=' and days_left <= threshold then 'holds'
            else 'clear'
        end as outcome,
        null::text as level,
        case when days_left is null then 'no_stock_days' end as reason,
        'stock_days' as variable,
        comparison,
        round(days_left::numeric, 1)::double precision as value,
        'd' as unit,
        threshold,
        incident_code || ':' || supplier_code as evidence,
        concat_ws(' ', supplier_name, product, incident_type) as evidence_name,
        happened_at as observed_at,
        happened_at as met_at,
        happened_at as since,
        happened_at + make_interval(mins => window_minutes) as until_at,
        happened_at + make_interval(mins => window_minutes) as evidence_until
    from hits

    union all

    select distinct
        supplied.object_id,
        supplied.object_type,
        supplied.rule_id,
        supplied.condition_no,
        'incident_upstream' as kind,
        null as scope,
        case when sources.is_fresh then 'clear' else 'unknown' end as outcome,
        null as level,
        case when not sources.is_fresh then 'stale' end as reason,
        'stock_days' as variable,
        supplied.comparison,
        null::double precision as value,
        'd' as unit,
        supplied.threshold,
        'no accident at a supplier' as evidence,
        null as evidence_name,
        sources.polled_at as observed_at,
        null::timestamptz as met_at,
        null::timestamptz as since,
        sources.fresh_until as until_at,
        sources.fresh_until as evidence_until
    from supplied
    cross join sources
    where
        not exists (
            select 1 from hits
            where
                supplied.object_id = hits.object_id
                and supplied.rule_id = hits.rule_id
                and supplied.condition_no = hits.condition_no
        )

)

select * from final
