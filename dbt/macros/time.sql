{#
  Slots are counted in local seconds since 1970, so that a slot of a day is a local day. China has no summer time, so
  local seconds run evenly. A slot belongs to the day in which it starts, and is [start, start + slot_s).
  A floating-point number: many times as quick to count with as a numeric.
#}
{% macro local_second(moment) -%}
    date_part('epoch', {{ moment }} at time zone '{{ var("zone") }}')
{%- endmacro %}


{# The day, in the reporting zone, of a moment. #}
{% macro local_day(moment) -%}
    ({{ moment }} at time zone '{{ var("zone") }}')::date
{%- endmacro %}


{# Ends of validity that every client can read: many cannot hold PostgreSQL's infinity. Not null, so that
   `at >= valid_from and at < valid_to` is right as it stands. #}
{% macro always() -%}
    '1900-01-01 00:00:00+00'::timestamptz
{%- endmacro %}


{% macro forever() -%}
    '9999-12-31 00:00:00+00'::timestamptz
{%- endmacro %}


{# The moment that all figures and levels are about: now, or the variable `as_of`, by which tests and looks back stand
   the clock still. A view that was built under it stands still too, until the next build without it. #}
{% macro as_of() -%}
    {% if var('as_of', none) is none %}now(){% else %}'{{ var("as_of") }}'::timestamptz{% endif %}
{%- endmacro %}


{# The moment of a local second. #}
{% macro moment_of(second) -%}
    ((timestamp '1970-01-01' + {{ second }} * interval '1 second') at time zone '{{ var("zone") }}')
{%- endmacro %}
