{# Lists rows of today whose region code means nothing certain any more, because its area was divided. #}
{% test undivided_region(model, column_name) %}
    {{ config(severity='warn') }}
    select rows_of_today.*
    from {{ model }} as rows_of_today
    inner join {{ ref('int_region__code') }} as codes
        on
            left(rows_of_today.{{ column_name }}, 6) = codes.region_code
            and codes.valid_to = {{ forever() }}
    where
        rows_of_today.is_current
        and codes.current_code is null
{% endtest %}
