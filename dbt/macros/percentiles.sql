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


{# The hours that metric_timeliness_hourly holds of feeds whose touched records may have stood in another hour before:
   feed_id, hour_at. They are all counted again, and those go in which nothing is left. #}
{% macro touched_feed_hours() %}
    select distinct
        kept.feed_id,
        kept.hour_at
    from {{ this }} as kept
    where
        kept.feed_id in (
            select feed_id from {{ ref('int_feed__record') }}
            where
                batch_id in {{ batch_ids() }}
                and not is_time_fixed
        )
{% endmacro %}
