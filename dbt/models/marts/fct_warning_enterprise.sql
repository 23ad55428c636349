{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'warning_key', 'credit_code'],
        indexes=[{'columns': ['credit_code']}],
    )
}}

-- A warning meets an enterprise where the register, as it stood when the warning was sent, put the enterprise.
-- An enterprise that the register came to know only later is placed by its first entry.
with

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

warnings as (

    select * from {{ ref('int_warning__drawn') }}
    where
        state <> 'not_actual'
        and msg_type in ('Alert', 'Update')
    {% if is_partial() %}
        -- said here as well, so that untouched warnings are not even drawn
            and (batch_id in {{ batch_ids() }} or exists (select 1 from enterprises where batch_id in {{ batch_ids() }}))
    {% endif %}

),

final as (

    select
        warnings.feed_id,
        warnings.warning_key,
        enterprises.credit_code,
        warnings.sent_at,
        warnings.onset_at,
        warnings.colour,
        warnings.event,
        enterprises.enterprise_name,
        enterprises.industry,
        enterprises.region_code,
        enterprises.is_key_enterprise,
        extract(epoch from warnings.onset_at - warnings.sent_at)::double precision / 3600 as issued_lead_hours,
        extract(epoch from warnings.onset_at - warnings.landed_at)::double precision / 3600 as lead_hours,
        'NO_EVIDENCE' as receipt_state,
        null::timestamptz as delivered_at,
        null::timestamptz as acknowledged_at,
        warnings.batch_id
    from warnings
    inner join enterprises
        on
            warnings.sent_at < enterprises.valid_to
            and (warnings.sent_at >= enterprises.valid_from or enterprises.is_first_version)
            and st_intersects(warnings.geometry, enterprises.geometry)
    {% if is_partial() %}
        where
            warnings.batch_id in {{ batch_ids() }}
            or enterprises.batch_id in {{ batch_ids() }}
    {% endif %}

)

select * from final
