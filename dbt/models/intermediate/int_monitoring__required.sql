-- One row per key enterprise, category that its industry must have watched, and time in which both held; an enterprise
-- of which nothing is asked has a row without a category. Key and in operation: as its register entry said then.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}
    where
        is_key_enterprise
        and status = 'active'

),

requirements as (

    select
        *,
        coalesce({{ day_start('valid_from') }}, {{ always() }}) as asked_from,
        coalesce({{ day_start('valid_to') }}, {{ forever() }}) as asked_until
    from {{ ref('monitoring_requirement') }}

),

objects as (

    select * from {{ ref('dim_risk_object') }}
    where is_active

),

-- which hazard sources there were is not known of the past: today's count for all days
holders as (

    select distinct
        object_type,
        credit_code
    from objects
    where
        is_current
        and credit_code is not null

),

asked as (

    select
        enterprises.credit_code,
        enterprises.valid_from as version_from,
        requirements.category,
        requirements.name_zh,
        requirements.name_en,
        requirements.points,
        requirements.least_live_share,
        requirements.is_mandatory,
        greatest({{ enterprise_since('enterprises') }}, requirements.asked_from) as valid_from,
        least(enterprises.valid_to, requirements.asked_until) as valid_to
    from enterprises
    inner join requirements
        on
            enterprises.industry = requirements.industry
            and (
                nullif(requirements.where_object, '') is null
                or exists (
                    select 1 from holders
                    where
                        enterprises.credit_code = holders.credit_code
                        and requirements.where_object = holders.object_type
                )
            )
    where
        {{ enterprise_since('enterprises') }} < requirements.asked_until
        and enterprises.valid_to > requirements.asked_from

),

final as (

    select
        enterprises.credit_code,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code,
        asked.category,
        asked.name_zh,
        asked.name_en,
        asked.points,
        asked.least_live_share,
        asked.is_mandatory,
        coalesce(asked.valid_from, {{ enterprise_since('enterprises') }}) as valid_from,
        coalesce(asked.valid_to, enterprises.valid_to) as valid_to
    from enterprises
    left join asked
        on
            enterprises.credit_code = asked.credit_code
            and enterprises.valid_from = asked.version_from

)

select * from final
