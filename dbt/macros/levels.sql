{# Red > orange > yellow > blue > unknown; sorting by rank puts the gravest first. #}
{% macro level_rank(column) -%}
    array_position(array['red', 'orange', 'yellow', 'blue', 'unknown'], {{ column }})
{%- endmacro %}


{# The gravest level of a group (of its rows where `among` holds), or null if there is none. #}
{% macro highest_level(column, among='true') -%}
    (array['red', 'orange', 'yellow', 'blue', 'unknown'])[min({{ level_rank(column) }}) filter (where {{ among }})]
{%- endmacro %}


{# A row of int_risk__evidence as one entry of a driver's `conditions`. #}
{% macro piece_of_evidence() -%}
    jsonb_strip_nulls(
        jsonb_build_object(
            'no', condition_no, 'kind', kind, 'scope', scope, 'outcome', outcome, 'reason', reason, 'level', level,
            'variable', variable, 'comparison', comparison,
            'value', round(value::numeric, 6), 'unit', unit, 'threshold', threshold,
            'evidence', evidence, 'name', evidence_name, 'observed_at', observed_at, 'met_at', met_at
        )
    )
{%- endmacro %}


{# The graver of two levels. #}
{% macro graver_level(one, other) -%}
    (array['red', 'orange', 'yellow', 'blue', 'unknown'])[least({{ level_rank(one) }}, {{ level_rank(other) }})]
{%- endmacro %}


{# Whether a value meets a limit; of kind `status`, whether the bit is set. #}
{% macro is_met(kind, value, comparison, limit) -%}
    case
        when {{ kind }} = 'status' then {{ value }}::integer & {{ limit }}::integer <> 0
        when {{ comparison }} = '>' then {{ value }} > {{ limit }}
        when {{ comparison }} = '>=' then {{ value }} >= {{ limit }}
        when {{ comparison }} = '<' then {{ value }} < {{ limit }}
        when {{ comparison }} = '<=' then {{ value }} <= {{ limit }}
    end
{%- endmacro %}
