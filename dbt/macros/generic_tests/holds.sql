{# A condition that every row fulfils; a row for which it is null breaks it. #}
{% test holds(model, condition) %}
    select * from {{ model }}
    where ({{ condition }}) is not true
{% endtest %}
