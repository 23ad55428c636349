-- One row per inspector (hash) and year: checks made, and enterprises and counties that they led to.
with

inspections as (

    select * from {{ ref('fct_inspection') }}

),

final as (

    select
        inspector.person_hash,
        extract(year from {{ local_day('inspections.checked_at') }})::integer as year,
        count(*) as n_inspections,
        count(distinct coalesce(inspections.credit_code, inspections.enterprise_code)) as n_enterprises,
        count(distinct left(inspections.region_code, 6)) as n_counties,
        coalesce(sum(inspections.danger_count), 0) as n_dangers_found,
        max(inspections.checked_at) as last_checked_at,
        {{ as_of() }} as as_of
    from inspections
    -- whoever is named twice in a check made it once
    inner join lateral (
        select distinct names.person_hash
        from jsonb_array_elements_text(inspections.inspector_hashes) as names (person_hash)
    ) as inspector on true
    where inspections.checked_at <= {{ as_of() }}
    group by inspector.person_hash, extract(year from {{ local_day('inspections.checked_at') }})

)

select * from final
