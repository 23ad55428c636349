{# Within so many kilometres, first by boxes, which an index on the first geometry finds, then on the sphere (half a per
   cent from the spheroid's, and many times as quick). #}
{% macro is_within_km(one, other, km) -%}
    {{ one }} && {{ box_of_km(other, km) }}
    and st_distancesphere({{ one }}, {{ other }}) <= {{ km }} * 1000
{%- endmacro %}


{# The box around a point that holds all that is so near. #}
{% macro box_of_km(point, km) -%}
    st_expand({{ point }}, {{ km }} / (111.2 * greatest(0.01, cos(radians(st_y({{ point }}))))), {{ km }} / 111.2)
{%- endmacro %}


{# The circle of so many kilometres around a point, as a polygon of 64 corners in degrees, on the same sphere as
   above: an affine transformation of one circle, because buffers of geographies cost a hundred times as much. #}
{% macro circle_of_km(point, km) -%}
    st_setsrid(
        st_affine(
            st_buffer(st_makepoint(0, 0), 1, 'quad_segs=16'),
            {{ km }} / (111.2 * greatest(0.01, cos(radians(st_y({{ point }}))))), 0, 0, {{ km }} / 111.2,
            st_x({{ point }}), st_y({{ point }})
        ),
        4326
    )
{%- endmacro %}
