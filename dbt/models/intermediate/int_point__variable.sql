{{
    config(
        materialized='kept_table',
        partial=true,
        touched='touched_variables',
        replaces=['feed_id', 'point_code', 'variable'],
        unique_key=['feed_id', 'point_code', 'variable'],
        contract={'enforced': true},
    )
}}

-- What every point has ever measured: without it, silence could not be told from a point that measures something else.
-- A point whose only value was withdrawn has measured nothing.
with

observations as (

    select * from {{ ref('stg_observation') }}
    where value is not null

),

named as (

    {% if is_partial() %}
        {{ touched_variables() }}
    {% else %}
        select distinct
            feed_id,
            station_code as point_code,
            variable
        from observations
    {% endif %}

),

final as (

    select
        named.feed_id,
        named.point_code,
        named.variable
    from named
    where exists (
        select 1 from observations
        where
            named.feed_id = observations.feed_id
            and named.point_code = observations.station_code
            and named.variable = observations.variable
    )

)

select * from final
