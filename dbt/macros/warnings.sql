{# The digits that the codes of a region's parts begin with: 140000 -> 14, 141000 -> 1410, 141022 -> 141022. #}
{% macro region_stem(region_code, region_level) -%}
    case {{ region_level }}
        when 'province' then left({{ region_code }}, 2)
        when 'city' then left({{ region_code }}, 4)
        else {{ region_code }}
    end
{%- endmacro %}


{# What the batches of a build may have changed about warnings and the enterprises under them. Arrays, because these are
   known before the query starts: a subquery would be planned for as a join, and the areas of all times drawn for it. #}
{% macro touched_identifiers(receipts=false) -%}
    array(
        select identifier from {{ ref('int_warning__batch') }} where batch_id in {{ batch_ids() }}
        {%- if receipts %}
            union
            select warning_identifier from {{ ref('int_warning__receipt') }} where batch_id in {{ batch_ids() }}
        {%- endif %}
    )
{%- endmacro %}


{% macro touched_enterprises() -%}
    array(select credit_code from {{ ref('int_enterprise__batch') }} where batch_id in {{ batch_ids() }})
{%- endmacro %}


{# Before a partial build writes them anew: what was kept about touched warnings and enterprises. A warning whose area
   shrank, or an enterprise that moved, leaves rows that no new row would replace. #}
{% macro forget_touched(relation, receipts=false) -%}
    {% if is_partial() %}
        delete from {{ relation }}
        where
            identifier = any({{ touched_identifiers(receipts) }})
            or credit_code = any({{ touched_enterprises() }})
    {% endif %}
{%- endmacro %}


{# From one moment to another; negative where the second came first, which is never clipped. #}
{% macro signed_hours(start, finish) -%}
    extract(epoch from {{ finish }} - {{ start }})::double precision / 3600
{%- endmacro %}


{% macro signed_minutes(start, finish) -%}
    extract(epoch from {{ finish }} - {{ start }})::double precision / 60
{%- endmacro %}


{# A moment as text that is the same in every session's time zone. #}
{% macro utc_text(moment) -%}
    to_char({{ moment }} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
{%- endmacro %}
