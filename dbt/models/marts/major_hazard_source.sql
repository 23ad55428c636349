{{ config(materialized='kept_table', unique_key=['hazard_source_code']) }}

-- One row per hazard source that anybody knows of, with R = alpha * sum(beta * q / Q) of GB 18218. Where a part of it
-- is missing, R is at least what the rest gives: that may prove the highest class, and never a lower one.
with

written as (

    select * from {{ ref('hazard_source') }}

),

told as (

    select distinct on (hazard_source_code) *
    from {{ ref('stg_hazard_inventory') }}
    order by hazard_source_code, inventoried_at desc, updated_at desc, substance, feed_id

),

-- what analysts wrote of a source stands before what its plant told
listed as (

    select
        coalesce(written.hazard_source_code, told.hazard_source_code) as hazard_source_code,
        coalesce(written.hazard_source_name, told.hazard_source_name) as hazard_source_name,
        coalesce(written.enterprise_code, told.enterprise_code) as enterprise_code,
        coalesce(written.exposed_people, told.exposed_people) as exposed_people,
        coalesce(written.longitude, told.longitude) as longitude,
        coalesce(written.latitude, told.latitude) as latitude
    from written
    full join told on written.hazard_source_code = told.hazard_source_code

),

inventories as (

    select * from {{ ref('int_hazard__inventory') }}

),

exposures as (

    select * from {{ ref('gb18218_exposure') }}

),

classes as (

    select * from {{ ref('hazard_class_level') }}

),

risk_units as (

    select * from {{ ref('stg_risk_unit') }}
    where hazard_code is not null and not is_deleted

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where is_current

),

-- risk units name hazard sources that no list has
named as (

    select
        hazard_code as hazard_source_code,
        min(enterprise_code) as enterprise_code,
        count(distinct enterprise_code) as n_enterprise_codes
    from risk_units
    group by hazard_code

),

sums as (

    select
        hazard_source_code,
        max(inventory_on) as inventory_on,
        count(*)::integer as n_substances,
        count(*) filter (where not is_known)::integer as n_unknown_substances,
        coalesce(
            sum((quantity_t / critical_t)::numeric) filter (where is_known), 0
        )::double precision as quantity_ratio,
        coalesce(
            sum((beta * quantity_t / critical_t)::numeric) filter (where is_known), 0
        )::double precision as weighted_ratio
    from inventories
    group by hazard_source_code

),

known as (

    select
        coalesce(listed.hazard_source_code, named.hazard_source_code) as hazard_source_code,
        listed.hazard_source_name,
        -- risk units of two enterprises that name one source leave it nobody's
        coalesce(
            listed.enterprise_code, case when named.n_enterprise_codes = 1 then named.enterprise_code end
        ) as enterprise_code,
        listed.exposed_people,
        listed.longitude,
        listed.latitude
    from listed
    full join named on listed.hazard_source_code = named.hazard_source_code

),

weighed as (

    select
        known.*,
        sums.inventory_on,
        coalesce(sums.n_substances, 0) as n_substances,
        coalesce(sums.n_unknown_substances, 0) as n_unknown_substances,
        sums.quantity_ratio,
        exposures.alpha,
        coalesce(sums.n_substances, 0) > 0 and sums.n_unknown_substances = 0 as is_inventory_known,
        coalesce(exposures.alpha, (select min(least_alpha.alpha) from exposures as least_alpha))
        * sums.weighted_ratio as r_at_least
    from known
    left join sums on known.hazard_source_code = sums.hazard_source_code
    left join exposures
        on
            known.exposed_people >= exposures.people_from
            and known.exposed_people <= coalesce(exposures.people_to, known.exposed_people)

),

classed as (

    select
        *,
        case when is_inventory_known and alpha is not null then r_at_least end as r_value,
        case
            when is_inventory_known and quantity_ratio < 1 then 'below_threshold'
            when is_inventory_known and alpha is not null
                then (
                    select classes.hazard_class
                    from classes
                    where weighed.r_at_least >= classes.r_from
                    order by classes.r_from desc
                    limit 1
                )
            when quantity_ratio >= 1 and r_at_least >= (select max(highest.r_from) from classes as highest)
                then (
                    select classes.hazard_class
                    from classes
                    where classes.r_from is not null
                    order by classes.r_from desc
                    limit 1
                )
            else 'unknown'
        end as hazard_class
    from weighed

),

final as (

    select
        classed.hazard_source_code,
        classed.hazard_source_name,
        enterprises.credit_code,
        classed.enterprise_code,
        classed.inventory_on,
        classed.n_substances,
        classed.n_unknown_substances,
        classed.quantity_ratio,
        classed.exposed_people,
        classed.alpha,
        classed.r_value,
        classed.r_at_least,
        classed.hazard_class,
        coalesce(classes.static_level, 'unknown') as static_level,
        concat_ws(
            '；',
            case
                when classed.n_substances = 0 then '没有存量数据'
                when classed.n_unknown_substances > 0 then classed.n_unknown_substances || ' 种物质缺少数量、临界量或 β'
            end,
            case when classed.exposed_people is null then '没有暴露人数' end,
            case when classed.n_substances > 0 then '临界量、β、α 与分级界限未与 GB 18218 原文核对；颜色是本系统约定' end
        ) as caveat,
        coalesce({{ as_point('classed.longitude', 'classed.latitude') }}, enterprises.geometry) as geometry
    from classed
    left join classes on classed.hazard_class = classes.hazard_class
    left join aliases on classed.enterprise_code = aliases.code
    left join enterprises on coalesce(aliases.credit_code, classed.enterprise_code) = enterprises.credit_code

)

select * from final
