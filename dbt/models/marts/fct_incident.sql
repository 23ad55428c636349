-- One row per accident 生产安全事故, as far as it is known.
with

incidents as (

    select * from {{ ref('stg_incident') }}

),

aliases as (

    select * from {{ ref('dim_enterprise_alias') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

grades as (

    select * from {{ ref('incident_grade') }}

),

graded as (

    select distinct on (incidents.feed_id, incidents.incident_code)
        incidents.feed_id,
        incidents.incident_code,
        grades.incident_level
    from incidents
    inner join grades
        on
            incidents.deaths >= grades.min_deaths
            or incidents.injuries >= grades.min_injuries
            or incidents.loss_cny >= grades.min_loss_cny
    order by incidents.feed_id, incidents.incident_code, grades.min_deaths desc

),

final as (

    select
        ---------- ids
        incidents.feed_id,
        incidents.incident_code,
        incidents.enterprise_code,
        aliases.credit_code,
        coalesce(incidents.region_code, enterprises.region_code) as region_code,

        ---------- attributes
        coalesce(enterprises.enterprise_name, incidents.enterprise_name) as enterprise_name,
        enterprises.industry,
        incidents.industry as industry_as_sent,
        incidents.incident_type,
        incidents.incident_level,
        graded.incident_level as level_by_figures,
        (graded.incident_level <> incidents.incident_level) is true as is_level_contradicted,
        incidents.deaths,
        incidents.injuries,
        incidents.missing,
        incidents.loss_cny,
        incidents.deaths is null or incidents.injuries is null as is_toll_unknown,
        incidents.place,
        incidents.cause,
        incidents.geometry,

        ---------- clocks
        incidents.happened_at,
        incidents.reported_at,
        {{ hours_between('incidents.happened_at', 'incidents.reported_at') }} as report_h,
        incidents.reported_at
        > incidents.happened_at + {{ assumed('incident_report_h') }} * interval '1 hour' as is_reported_late,
        incidents.updated_at,
        incidents.landed_at,

        ---------- origin
        incidents.batch_id
    from incidents
    left join aliases on incidents.enterprise_code = aliases.code
    left join enterprises
        on
            aliases.credit_code = enterprises.credit_code
            and (incidents.happened_at >= enterprises.valid_from or enterprises.is_first_version)
            and incidents.happened_at < enterprises.valid_to
    left join graded
        on
            incidents.feed_id = graded.feed_id
            and incidents.incident_code = graded.incident_code

)

select * from final
