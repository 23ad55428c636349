{#
  A percentile of values that bear weights, as percentile_cont gives it over as many single values, without sorting
  those. Of each row: `upto`, how many values come up to its own, itself included, and `total`, how many there are.
#}
{% macro weighted_percentile(fraction, value='seconds', upto='upto', total='total') -%}
    {%- set place -%} ({{ fraction }}::double precision * ({{ total }} - 1)) {%- endset -%}
    {%- set lower -%} min({{ value }}) filter (where {{ upto }} > floor{{ place }}) {%- endset -%}
    {%- set upper -%} min({{ value }}) filter (where {{ upto }} > ceil{{ place }}) {%- endset -%}
    {{ lower }} + max({{ place }} - floor{{ place }}) * ({{ upper }} - {{ lower }})
{%- endmacro %}


{# Seconds, rounded so that a distribution stays small: whole ones from 100 s on, tenths from 10 s, hundredths from 1 s,
   thousandths below. No more than 0.5 % or half a second off. #}
{% macro rounded_delay(seconds) -%}
    case
        when {{ seconds }} >= 100 then round({{ seconds }})
        when {{ seconds }} >= 10 then round({{ seconds }} * 10) / 10
        when {{ seconds }} >= 1 then round({{ seconds }} * 100) / 100
        else round({{ seconds }} * 1000) / 1000
    end
{%- endmacro %}


{# Feeds of which a touched record may have counted for another time before: feed_id. They are counted again as a whole,
   and what is empty then goes. #}
{% macro moved_feeds() %}
    select distinct feed_id
    from {{ ref('int_feed__record') }}
    where
        batch_id in {{ batch_ids() }}
        and not is_time_fixed
{% endmacro %}


{# From when on a record that was issued at `moment` can be had: at once, or at the first transfer from then on. #}
{% macro first_transfer(moment, transfer_times) -%}
    case
        when {{ transfer_times }} is null then {{ moment }}
        else (
            select min(transfers.transfer_at)
            from (
                select
                    ({{ local_day(moment) }} + days.n_days + listed.transfer_time::time) at time zone '{{ var("zone") }}'
                        as transfer_at
                from unnest({{ transfer_times }}) as listed (transfer_time)
                cross join generate_series(0, 1) as days (n_days)
            ) as transfers
            where transfers.transfer_at >= {{ moment }}
        )
    end
{%- endmacro %}


{# The last transfer at or before `moment`. #}
{% macro last_transfer(moment, transfer_times) -%}
    (
        select max(transfers.transfer_at)
        from (
            select
                ({{ local_day(moment) }} - days.n_days + listed.transfer_time::time) at time zone '{{ var("zone") }}'
                    as transfer_at
            from unnest({{ transfer_times }}) as listed (transfer_time)
            cross join generate_series(0, 1) as days (n_days)
        ) as transfers
        where transfers.transfer_at <= {{ moment }}
    )
{%- endmacro %}
