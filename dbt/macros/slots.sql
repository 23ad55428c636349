{# The times of the day at which a source transfers, in order; null where it comes at a steady interval. #}
{% macro transfer_times(expected) -%}
    case
        when {{ expected }} ? 'transfer_times'
            then
                array(
                    select listed.transfer_time
                    from jsonb_array_elements_text({{ expected }} -> 'transfer_times') as listed (transfer_time)
                    order by listed.transfer_time
                )
    end
{%- endmacro %}


{# How long a slot lasts: the longest time between two transfers, as long as the contract says for its entities, or from
   poll to poll. #}
{% macro slot_length_s(expected, frequency_s) -%}
    case
        when {{ expected }} ? 'transfer_times'
            then (
                select extract(epoch from max(gaps.gap))::double precision
                from (
                    select
                        coalesce(
                            lead(listed.transfer_time::interval) over by_time,
                            first_value(listed.transfer_time::interval) over by_time + interval '24 hours'
                        )
                        - listed.transfer_time::interval as gap
                    from jsonb_array_elements_text({{ expected }} -> 'transfer_times') as listed (transfer_time)
                    window by_time as (order by listed.transfer_time)
                ) as gaps
            )
        when {{ expected }} ->> 'kind' = 'entity_slots' then ({{ expected }} ->> 'every_s')::double precision
        else {{ frequency_s }}
    end
{%- endmacro %}


{# transfer_times as seconds since midnight; null where there are none. #}
{% macro transfer_seconds(transfer_times) -%}
    case
        when {{ transfer_times }} is not null
            then
                array(
                    select extract(epoch from listed.transfer_time::interval)::double precision
                    from unnest({{ transfer_times }}) as listed (transfer_time)
                    order by listed.transfer_time
                )
    end
{%- endmacro %}


{# Slots are numbered from 1970, in local time: every slot_s seconds, or as many a day as there are transfers. `row` has
   slot_s and transfer_s. #}

{# The slot that goes on at a local second. #}
{% macro slot_at(second, row) -%}
    case
        when {{ row }}.transfer_s is null then floor({{ second }} / {{ row }}.slot_s)
        else
            floor({{ second }} / 86400) * cardinality({{ row }}.transfer_s)
            + (
                select count(*)
                from unnest({{ row }}.transfer_s) as transfers (second_of_day)
                where transfers.second_of_day <= {{ second }} - floor({{ second }} / 86400) * 86400
            )
            - 1
    end
{%- endmacro %}


{# The first slot that begins at a local second or later. #}
{% macro slot_from(second, row) -%}
    case
        when {{ row }}.transfer_s is null then ceil({{ second }} / {{ row }}.slot_s)
        else
            floor({{ second }} / 86400) * cardinality({{ row }}.transfer_s)
            + (
                select count(*)
                from unnest({{ row }}.transfer_s) as transfers (second_of_day)
                where transfers.second_of_day < {{ second }} - floor({{ second }} / 86400) * 86400
            )
    end
{%- endmacro %}


{# The local second at which a slot begins. #}
{% macro slot_begin(slot, row) -%}
    case
        when {{ row }}.transfer_s is null then {{ slot }} * {{ row }}.slot_s
        else
            floor({{ slot }} / cardinality({{ row }}.transfer_s)) * 86400
            + {{ row }}.transfer_s[
                1
                + ({{ slot }} - floor({{ slot }} / cardinality({{ row }}.transfer_s)) * cardinality({{ row }}.transfer_s))::integer
            ]
    end
{%- endmacro %}
