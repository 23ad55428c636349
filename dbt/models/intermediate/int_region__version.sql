-- One row per region and version: today's provinces, cities and counties by their boundaries, towns, and codes that
-- were valid once. Of old boundaries only those are known that live on under another code; the others are null.
with

boundaries as (

    select * from {{ source('reference', 'region_boundary') }}

),

towns as (

    select * from {{ ref('int_region__town') }}

),

meanings as (

    select * from {{ ref('int_region__code') }}

),

changes as (

    select
        *,
        {{ day_start('changed_on') }} as changed_at
    from {{ ref('region_change') }}

),

retired as (

    select
        old_code,
        max(changed_at) as changed_at
    from changes
    where
        not exists (
            select 1 from changes as others
            where
                changes.old_code = others.new_code
                and changes.changed_at <= others.changed_at
        )
    group by old_code

),

names as (

    select distinct on (old_code)
        old_code,
        old_name,
        source
    from changes
    order by old_code, changed_at desc

),

versions as (

    select
        meanings.region_code,
        meanings.valid_from,
        least(meanings.valid_to, retired.changed_at) as valid_to,
        coalesce(boundaries.region_name, names.old_name) as region_name,
        coalesce(
            boundaries.level,
            case
                when meanings.region_code ~ '0000$' then 'province'
                when meanings.region_code ~ '00$' then 'city'
                else 'county'
            end
        ) as region_level,
        boundaries.parent_code,
        case when meanings.is_same_area then todays.geom end as geom,
        coalesce(boundaries.source, names.source) as source
    from meanings
    left join retired on meanings.region_code = retired.old_code
    left join names on meanings.region_code = names.old_code
    left join boundaries on meanings.region_code = boundaries.region_code
    left join boundaries as todays on meanings.current_code = todays.region_code
    where coalesce(boundaries.region_code, names.old_code) is not null

),

final as (

    select
        region_code,
        valid_from,
        valid_to,
        region_name,
        region_level,
        coalesce(
            parent_code,
            case
                when region_level = 'city' then left(region_code, 2) || '0000'
                when region_level = 'county' and exists (
                    select 1 from versions as parents
                    where left(versions.region_code, 4) || '00' = parents.region_code
                ) then left(region_code, 4) || '00'
                when region_level = 'county' then left(region_code, 2) || '0000'
            end
        ) as parent_code,
        {{ as_multipolygon('geom') }} as geometry,
        source
    from versions

    union all

    select
        region_code,
        {{ always() }} as valid_from,
        {{ forever() }} as valid_to,
        region_name,
        region_level,
        parent_code,
        geometry,
        source
    from towns

)

select * from final
