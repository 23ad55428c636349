{# Within so many kilometres, first by boxes, which an index on either geometry finds, then on the sphere (half a per
   cent from the spheroid's, and many times as quick). #}
{% macro is_within_km(one, other, km) -%}
    {{ one }} && st_expand(
        {{ other }},
        {{ km }} / (111.2 * greatest(0.01, cos(radians(st_y({{ other }}))))),
        {{ km }} / 111.2
    )
    and st_distancesphere({{ one }}, {{ other }}) <= {{ km }} * 1000
{%- endmacro %}
