{#
  Slots are counted in local seconds since 1970, so that a slot of a day is a local day. China has no summer time, so
  local seconds run evenly. A slot belongs to the day in which it starts, and is [start, start + slot_s).
#}
{% macro local_seconds(moment) -%}
    extract(epoch from {{ moment }} at time zone '{{ var("zone") }}')
{%- endmacro %}


{# The day, in the reporting zone, of a moment. #}
{% macro local_day(moment) -%}
    ({{ moment }} at time zone '{{ var("zone") }}')::date
{%- endmacro %}
