{# A CAP message as one text, in the form in which other messages refer to it. #}
{% macro cap_key(sender, identifier, sent_at) -%}
    {{ sender }} || ',' || {{ identifier }} || ','
    || to_char({{ sent_at }} at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS') || '+08:00'
{%- endmacro %}


{# CAP time text -> timestamptz; null if it is no time. Built by arithmetic: a cast would raise on "2026-02-30". #}
{% macro cap_time(text) -%}
    case
        when
            {{ text }}
            ~ '^[12]\d{3}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-4]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-4]):[0-5]\d)$'
            then (
                (substr({{ text }}, 1, 8) || '01')::timestamp
                + make_interval(
                    days => substr({{ text }}, 9, 2)::int - 1,
                    hours => substr({{ text }}, 12, 2)::int,
                    mins => substr({{ text }}, 15, 2)::int,
                    secs => substr({{ text }}, 18, 2)::int
                )
                - case
                    when right({{ text }}, 1) = 'Z' then interval '0'
                    else
                        make_interval(
                            hours => (substr(right({{ text }}, 6), 1, 1) || substr(right({{ text }}, 6), 2, 2))::int,
                            mins => (substr(right({{ text }}, 6), 1, 1) || right({{ text }}, 2))::int
                        )
                end
            ) at time zone 'UTC'
    end
{%- endmacro %}
