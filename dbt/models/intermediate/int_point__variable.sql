{{
    config(
        materialized='kept_table',
        partial=true,
        unique_key=['feed_id', 'point_code', 'variable'],
        contract={'enforced': true},
    )
}}

-- What every point has ever measured: without it, silence could not be told from a point that measures something else.
with

observations as (

    select * from {{ ref('stg_observation') }}
    where value is not null
    {% if is_partial() %}
        and batch_id in {{ batch_ids() }}
    {% endif %}

),

final as (

    select distinct
        feed_id,
        station_code as point_code,
        variable
    from observations

)

select * from final
