{# The entries of a register that no full list has left out since they were last seen. #}
{% macro listed(model, register, code) -%}
    select entries.* from {{ ref(model) }} as entries
    where
        not exists (
            select 1 from {{ ref('int_register__absence') }} as absences
            where
                absences.register = '{{ register }}'
                and entries.feed_id = absences.feed_id
                and entries.{{ code }} = absences.entry_code
        )
{%- endmacro %}
