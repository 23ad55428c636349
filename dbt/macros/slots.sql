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
