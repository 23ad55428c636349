{# Red > orange > yellow > blue > unknown; sorting by rank puts the gravest first. #}
{% macro level_rank(column) -%}
    array_position(array['red', 'orange', 'yellow', 'blue', 'unknown'], {{ column }})
{%- endmacro %}


{# The gravest level of a group (of its rows where `among` holds), or null if there is none. #}
{% macro highest_level(column, among='true') -%}
    (array['red', 'orange', 'yellow', 'blue', 'unknown'])[min({{ level_rank(column) }}) filter (where {{ among }})]
{%- endmacro %}
