{# Versions of one entity (`columns`) follow each other: none is empty, none begins before the last one ended, and at most
   one is current. gapless: each begins where the last one ended, and the last one is current. #}
{% test no_overlap(model, columns, gapless=false) %}
    select *
    from (
        select
            *,
            lead(valid_from) over (partition by {{ columns | join(', ') }} order by valid_from) as next_valid_from
        from {{ model }}
    ) as versions
    where
        (valid_from < valid_to) is not true
        or is_current is distinct from (valid_to = {{ forever() }})
        or next_valid_from < valid_to
        {% if gapless %}
            or coalesce(next_valid_from, {{ forever() }}) <> valid_to
        {% endif %}
{% endtest %}
