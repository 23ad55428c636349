-- All figures of coverage in one shape. Numerators and denominators may be added up within a kind and item, over days,
-- regions, departments, industries and feeds; over items too, but of spatial_*, where they are kinds of points.
with

coverage as (

    select * from {{ ref('metric_coverage_daily') }}

),

breakdown as (

    select * from {{ ref('metric_coverage_breakdown_daily') }}

),

sharing as (

    select * from {{ ref('metric_sharing_daily') }}

),

monitoring as (

    select * from {{ ref('metric_monitoring_daily') }}
    where category = 'all'

),

warnings as (

    select * from {{ ref('metric_warning_coverage_daily') }}
    where channel = 'any'

),

spatial as (

    select * from {{ ref('metric_spatial_coverage_daily') }}
    where region_level = 'county'

),

layers as (

    select * from {{ ref('metric_layer_coverage_daily') }}
    where is_expected

),

spatial_parts as (

    select
        spatial.day,
        spatial.region_code,
        spatial.kind,
        parts.coverage_kind,
        parts.numerator,
        parts.denominator
    from spatial
    cross join
        lateral (
            values
            ('spatial_area', spatial.covered_area_km2, spatial.area_km2),
            ('spatial_villages', spatial.n_villages_covered, spatial.n_villages),
            ('spatial_population', spatial.population_covered, spatial.population),
            ('spatial_enterprises', spatial.n_enterprises_covered, spatial.n_enterprises)
        ) as parts (coverage_kind, numerator, denominator)
    where parts.denominator is not null

),

rows_of_all as (

    select
        'sharing' as coverage_kind,
        'data_sets' as item,
        day,
        null as region_code,
        coalesce(department_name, department_code) as department,
        null as industry,
        null as feed_id,
        n_delivering::double precision as numerator,
        (n_promised - n_excluded)::double precision as denominator,
        n_pending,
        n_no_evidence,
        100::double precision as target_pct,
        {{ share_state('n_delivering', '(n_promised - n_excluded)', 'n_pending', 'n_no_evidence', 1) }} as state
    from sharing

    union all

    select
        'feed_slots' as coverage_kind,
        kind as item,
        day,
        null as region_code,
        department,
        null as industry,
        feed_id,
        received_slots as numerator,
        expected_slots as denominator,
        pending_slots as n_pending,
        0 as n_no_evidence,
        100 * target as target_pct,
        state
    from coverage
    where kind = 'polls'

    union all

    -- of feeds of points by county and industry; the target is that of the feed
    select
        'feed_slots' as coverage_kind,
        coverage.kind as item,
        coverage.day,
        breakdown.region_code,
        coverage.department,
        breakdown.industry,
        coverage.feed_id,
        coalesce(breakdown.received_slots, 0) as numerator,
        coalesce(breakdown.expected_slots, 0) as denominator,
        coalesce(breakdown.pending_slots, 0) as n_pending,
        0 as n_no_evidence,
        100 * coverage.target as target_pct,
        case
            when breakdown.expected_slots > 0 and breakdown.received_slots >= coverage.target * breakdown.expected_slots
                then 'MET'
            when breakdown.expected_slots > 0 then 'MISSED'
            when breakdown.pending_slots > 0 then 'PENDING'
            when breakdown.excluded_slots > 0 then 'EXCLUDED'
            else 'NO_EVIDENCE'
        end as state
    from coverage
    left join breakdown
        on
            coverage.feed_id = breakdown.feed_id
            and coverage.day = breakdown.day
    where coverage.kind = 'entity_slots'

    union all

    select
        'monitoring' as coverage_kind,
        'all' as item,
        day,
        region_code,
        null as department,
        industry,
        null as feed_id,
        n_live as numerator,
        n_required as denominator,
        n_pending,
        n_unknown as n_no_evidence,
        target_pct,
        state
    from monitoring

    union all

    select
        'warning_reach' as coverage_kind,
        colour as item,
        sent_on as day,
        region_code,
        null as department,
        industry,
        null as feed_id,
        n_reached as numerator,
        n_key as denominator,
        n_pending,
        n_no_evidence,
        100 * {{ var('warning_reach_target') }}::double precision as target_pct,
        {{ share_state('n_reached', 'n_key', 'n_pending', 'n_no_evidence', var('warning_reach_target')) }} as state
    from warnings

    union all

    select
        coverage_kind,
        kind as item,
        day,
        region_code,
        null as department,
        null as industry,
        null as feed_id,
        numerator,
        denominator,
        null as n_pending,
        null as n_no_evidence,
        null as target_pct,
        null as state
    from spatial_parts

    union all

    select
        'layer' as coverage_kind,
        layer as item,
        day,
        region_code,
        null as department,
        null as industry,
        null as feed_id,
        (state = 'MET')::integer as numerator,
        1 as denominator,
        (state = 'PENDING')::integer as n_pending,
        (state = 'NO_EVIDENCE')::integer as n_no_evidence,
        100 as target_pct,
        state
    from layers

),

final as (

    select
        coverage_kind,
        item,
        day,
        region_code,
        department,
        industry,
        feed_id,
        numerator,
        denominator,
        {{ pct('numerator', 'denominator') }} as pct,
        n_pending,
        n_no_evidence,
        target_pct,
        state
    from rows_of_all

)

select * from final
