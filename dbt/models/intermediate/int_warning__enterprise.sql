{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'warning_key', 'credit_code'],
        indexes=[
            {'columns': ['identifier', 'credit_code']},
            {'columns': ['credit_code', 'sent_at']},
            {'columns': ['sent_at']},
        ],
        pre_hook="{{ forget_touched(this) }}",
    )
}}

-- depends_on: {{ ref('int_warning__batch') }}, {{ ref('int_enterprise__batch') }}

-- Who is under which warning: what the warnings and the register say, without the clock and without receipts.
with

covered as (

    {% if is_partial() %}
        select * from {{ ref('int_warning__covered') }}
        where identifier = any({{ touched_identifiers() }})

        union all

        select * from {{ ref('int_warning__covered') }}
        where
            credit_code = any({{ touched_enterprises() }})
            and identifier <> all({{ touched_identifiers() }})
    {% else %}
        select * from {{ ref('int_warning__covered') }}
    {% endif %}

),

-- the gravest block that covers the enterprise speaks
final as (

    select
        feed_id,
        warning_key,
        credit_code,
        min(sender) as sender,
        min(identifier) as identifier,
        min(sent_at) as sent_at,
        coalesce(min(onset_at), min(event_at)) as onset_at,
        min(onset_at) is not null as is_onset_stated,
        min(landed_at) as landed_at,
        {{ highest_level('colour') }} as colour,
        (array_agg(event order by {{ level_rank('colour') }}, language like 'zh%' desc, info_index))[1] as event,
        (
            array_agg(event_type_code order by {{ level_rank('colour') }}, language like 'zh%' desc, info_index)
        )[1] as event_type_code,
        min(enterprise_name) as enterprise_name,
        min(industry) as industry,
        min(region_code) as region_code,
        bool_or(is_key_enterprise) as is_key_enterprise,
        min(covered_by) as covered_by,
        row_number() over (partition by warning_key, credit_code order by feed_id) > 1 as is_copy,
        min(batch_id) as batch_id
    from covered
    group by feed_id, warning_key, credit_code

)

select * from final
