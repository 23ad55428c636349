-- One row per hazard source and substance of its newest inventory, with Q and beta where the seed knows them. What
-- analysts wrote of a source stands before what its plant told.
with

written as (

    select * from {{ ref('hazard_inventory') }}

),

told as (

    select * from {{ ref('stg_hazard_inventory') }}

),

gathered as (

    select
        hazard_source_code,
        substance,
        quantity_t,
        inventory_on
    from written

    union all

    select
        hazard_source_code,
        substance,
        quantity_t,
        {{ local_day('inventoried_at') }} as inventory_on
    from told
    where hazard_source_code not in (select written.hazard_source_code from written)

),

inventories as (

    select
        *,
        max(inventory_on) over (partition by hazard_source_code) as newest_on
    from gathered

),

substances as (

    select * from {{ ref('gb18218_substance') }}

),

spellings as (

    select
        substances.critical_t,
        substances.beta,
        {{ normal_name('spelling.text') }} as spelling
    from substances
    cross join lateral regexp_split_to_table(
        concat_ws('|', substances.substance, nullif(substances.aliases, ''), substances.cas_number), '\|'
    ) as spelling (text)

),

final as (

    select
        inventories.hazard_source_code,
        inventories.substance,
        inventories.inventory_on,
        sum(inventories.quantity_t::numeric)::double precision as quantity_t,
        spellings.critical_t,
        spellings.beta,
        bool_and(inventories.quantity_t is not null)
        and spellings.critical_t is not null
        and spellings.beta is not null as is_known
    from inventories
    left join spellings on {{ normal_name('inventories.substance') }} = spellings.spelling
    where inventories.inventory_on is not distinct from inventories.newest_on
    group by
        inventories.hazard_source_code,
        inventories.substance,
        inventories.inventory_on,
        spellings.critical_t,
        spellings.beta

)

select * from final
