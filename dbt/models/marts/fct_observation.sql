{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'point_code', 'variable', 'event_at'],
        indexes=[{'columns': ['event_at']}],
    )
}}

with

observations as (

    select * from {{ ref('stg_observation') }}
    {% if is_partial() %}
        where batch_id in {{ batch_ids() }}
    {% endif %}

),

final as (

    select
        ---------- ids
        feed_id,
        station_code as point_code,
        variable,
        event_at,
        owner_code,

        ---------- values
        value,
        unit,
        value_text,
        interval_h,
        status_flags,
        missing_reason,
        quality_flags,

        ---------- clocks
        issued_at,
        fetched_at,
        landed_at,

        ---------- origin
        batch_id
    from observations

)

select * from final
