-- One row per risk object and version of what the registers say about it. An enterprise, a site or a depot is an object
-- by its own entry; a station is one where `station_object` says so, or the points of one structure (a bridge, a slope)
-- are one between them. A hazard source is one by the list of hazard sources or because points belong to it; neither
-- has a history of which hazard sources there were.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

stations as (

    select * from {{ ref('int_station__role') }}

),

hazard_sources as (

    select * from {{ ref('major_hazard_source') }}

),

hazard_points as (

    select
        hazard_code,
        min(region_code) as region_code,
        case when count(distinct credit_code) = 1 then min(credit_code) end as credit_code,
        st_centroid(st_collect(geometry)) as geometry
    from {{ ref('dim_monitoring_point') }}
    where
        is_current
        and is_in_use
        and hazard_code is not null
    group by hazard_code

),

hazards as (

    select
        coalesce(hazard_sources.hazard_source_code, hazard_points.hazard_code) as hazard_code,
        hazard_sources.hazard_source_name,
        hazard_sources.static_level,
        hazard_sources.hazard_class,
        hazard_points.region_code,
        coalesce(hazard_sources.credit_code, hazard_points.credit_code) as credit_code,
        coalesce(hazard_points.geometry, hazard_sources.geometry) as geometry
    from hazard_sources
    full join hazard_points on hazard_sources.hazard_source_code = hazard_points.hazard_code

),

entries as (

    select * from {{ ref('int_register__version') }}
    where register in ('hazard_site', 'waterlogging_point', 'reserve_depot')

),

owners as (

    select * from {{ ref('dim_enterprise_alias') }}

),

members as (

    select
        *,
        coalesce(structure_code, point_code) as member_of
    from stations
    where role = 'part'

),

-- a structure begins a version whenever one of its points does
boundaries as (

    select distinct
        feed_id,
        object_type,
        member_of,
        valid_from
    from members

),

structures as (

    select
        boundaries.feed_id,
        boundaries.object_type,
        boundaries.member_of,
        boundaries.valid_from,
        lead(boundaries.valid_from, 1, {{ forever() }}) over (
            partition by boundaries.feed_id, boundaries.object_type, boundaries.member_of
            order by boundaries.valid_from
        ) as valid_to,
        coalesce(
            min(members.structure_name),
            min(members.point_name) || case when count(*) > 1 then '等' || count(*) || '处' else '' end
        ) as object_name,
        min(members.region_code) as region_code,
        -- of two owners neither is guessed
        case when count(distinct members.credit_code) = 1 then min(members.credit_code) end as credit_code,
        st_centroid(st_collect(members.geometry)) as geometry,
        bool_or(members.is_in_use) as is_active
    from boundaries
    inner join members
        on
            boundaries.feed_id = members.feed_id
            and boundaries.object_type = members.object_type
            and boundaries.member_of = members.member_of
            and boundaries.valid_from >= members.valid_from
            and boundaries.valid_from < members.valid_to
    group by boundaries.feed_id, boundaries.object_type, boundaries.member_of, boundaries.valid_from

),

final as (

    select
        'enterprise:' || credit_code as object_id,
        case
            when industry in ('coal_mine', 'non_coal_mine') then 'mine'
            when industry = 'tailings' then 'tailings_pond'
            else 'enterprise'
        end as object_type,
        enterprise_name as object_name,
        region_code,
        credit_code,
        mine_code,
        null::text as feed_id,
        null::text as point_code,
        static_level,
        'enterprise' as static_level_source,
        geometry,
        status <> 'closed' as is_active,
        valid_from,
        valid_to
    from enterprises

    union all

    select
        'station:' || feed_id || ':' || point_code as object_id,
        object_type,
        point_name as object_name,
        region_code,
        credit_code,
        null as mine_code,
        feed_id,
        point_code,
        'unknown' as static_level,
        null as static_level_source,
        geometry,
        is_in_use as is_active,
        valid_from,
        valid_to
    from stations
    where role = 'is'

    union all

    select
        object_type || ':' || feed_id || ':' || member_of as object_id,
        object_type,
        object_name,
        region_code,
        credit_code,
        null as mine_code,
        feed_id,
        member_of as point_code,
        'unknown' as static_level,
        null as static_level_source,
        geometry,
        is_active,
        valid_from,
        valid_to
    from structures

    union all

    select
        kind.object_type || ':' || entries.feed_id || ':' || entries.entry_code as object_id,
        kind.object_type,
        entries.entry ->> 'name' as object_name,
        entries.entry ->> 'region_code' as region_code,
        owners.credit_code,
        null as mine_code,
        entries.feed_id,
        entries.entry_code as point_code,
        case
            when entries.entry ->> 'static_level' in ('red', 'orange', 'yellow', 'blue')
                then entries.entry ->> 'static_level'
            else 'unknown'
        end as static_level,
        entries.register as static_level_source,
        entries.geometry,
        entries.is_listed as is_active,
        entries.valid_from,
        entries.valid_to
    from entries
    left join owners on entries.entry ->> 'owner_code' = owners.code
    left join lateral (
        select case entries.register when 'hazard_site' then 'geohazard_site' else entries.register end as object_type
    ) as kind on true

    union all

    select
        'major_hazard_source:' || hazards.hazard_code as object_id,
        'major_hazard_source' as object_type,
        coalesce(
            hazards.hazard_source_name, concat_ws(' ', enterprises.enterprise_name, hazards.hazard_code)
        ) as object_name,
        hazards.region_code,
        hazards.credit_code,
        null as mine_code,
        null as feed_id,
        hazards.hazard_code as point_code,
        coalesce(hazards.static_level, 'unknown') as static_level,
        'major_hazard_source' as static_level_source,
        hazards.geometry,
        -- less than the critical amounts make no major hazard source
        coalesce(hazards.hazard_class, 'unknown') <> 'below_threshold' as is_active,
        {{ always() }} as valid_from,
        {{ forever() }} as valid_to
    from hazards
    left join enterprises
        on
            hazards.credit_code = enterprises.credit_code
            and enterprises.is_current

)

select * from final
