{# Schemas are part of the product's interface, so their names carry no prefix of whoever runs dbt. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
