{# The smallest region of today that covers a point: town, else county, city, province; null outside all that we know.
   `regions` is a CTE over dim_region. On a shared border the lowest code decides. #}
{% macro covering_region(regions, geometry) -%}
    (
        select {{ regions }}.region_code
        from {{ regions }}
        where
            {{ regions }}.is_current
            and st_covers({{ regions }}.geometry, {{ geometry }})
        order by
            array_position(array['town', 'county', 'city', 'province'], {{ regions }}.region_level),
            {{ regions }}.region_code
        limit 1
    )
{%- endmacro %}


{# A day as the moment at which it begins in the reporting zone. #}
{% macro day_start(day) -%}
    ({{ day }}::timestamp at time zone '{{ var("zone") }}')
{%- endmacro %}
