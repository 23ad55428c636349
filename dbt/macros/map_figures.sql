{# What one_map_region and one_map_grid count of rows of int_map__thing. Sums over people are null where nobody says how
   many there are. #}
{% macro map_figures() -%}
    count(*) filter (where thing = 'object') as n_objects,
        count(*) filter (where level = 'red') as n_red,
        count(*) filter (where level = 'orange') as n_orange,
        count(*) filter (where level = 'yellow') as n_yellow,
        count(*) filter (where level = 'blue') as n_blue,
        count(*) filter (where level = 'unknown') as n_unknown,
        coalesce({{ highest_level('level') }}, 'unknown') as level,
        count(*) filter (where thing = 'village') as n_villages,
        (sum(people) filter (where thing = 'village'))::bigint as population,
        {{ _people_among('village', 'exposed') }} as population_exposed,
        {{ _people_among('village', 'unjudged') }} as population_unjudged,
        count(*) filter (where thing = 'enterprise') as n_enterprises,
        count(*) filter (where thing = 'enterprise' and exposure = 'exposed') as n_enterprises_at_risk,
        count(*) filter (where is_key_enterprise) as n_key_enterprises,
        count(*) filter (where is_key_enterprise and exposure = 'exposed') as n_key_enterprises_at_risk,
        (sum(people) filter (where thing = 'enterprise'))::bigint as employees,
        {{ _people_among('enterprise', 'exposed') }} as employees_at_risk
{%- endmacro %}


{% macro _people_among(thing, exposure) -%}
    (sum(case when exposure = '{{ exposure }}' then people else 0 end) filter (
            where thing = '{{ thing }}' and people is not null
        ))::bigint
{%- endmacro %}
