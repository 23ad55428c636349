{# 100 * part / whole with two digits; null where there is no whole. Sums of both stand beside it, never an average. #}
{% macro pct(part, whole) -%}
    round((100.0 * ({{ part }}) / nullif({{ whole }}, 0))::numeric, 2)::double precision
{%- endmacro %}


{# Change in percent of what was before; null where nothing was, or nobody knows. #}
{% macro change_pct(now, before) -%}
    {{ pct('(' ~ now ~ ') - (' ~ before ~ ')', before) }}
{%- endmacro %}


{# The same day a year earlier; of 29 February the 28th. #}
{% macro year_before(day) -%}
    ({{ day }} - interval '1 year')::date
{%- endmacro %}


{# A deadline that was typed as a bare date landed as local midnight, and lasts until that day is over. #}
{% macro end_of_deadline(deadline_at) -%}
    {{ deadline_at }}
    + case
        when ({{ deadline_at }} at time zone '{{ var("zone") }}')::time = '00:00' then interval '1 day'
        else interval '0'
    end
{%- endmacro %}


{# A table function for `cross join lateral`: the town, county, city and province that a code of GB/T 2260 lies in, as far
   as the code says (620800 names a city and no county); what has no code is counted as `unknown`. #}
{% macro regions_above(region_code) -%}
    (
        select
            levels.region_level,
            levels.region_code
        from (
            values
            ('province', left({{ region_code }}, 2) || '0000', substr({{ region_code }}, 1, 2)),
            ('city', left({{ region_code }}, 4) || '00', substr({{ region_code }}, 3, 2)),
            ('county', left({{ region_code }}, 6), substr({{ region_code }}, 5, 2)),
            ('town', left({{ region_code }}, 9), substr({{ region_code }}, 7, 3))
        ) as levels (region_level, region_code, digits)
        where levels.digits not in ('', '00', '000')
        union all
        select
            'unknown' as region_level,
            'unknown' as region_code
        where {{ region_code }} is null
    )
{%- endmacro %}


{# Hours from one step to the next; null where the source tells them in the wrong order. #}
{% macro hours_between(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }} then extract(epoch from {{ later }} - {{ earlier }})::double precision / 3600
    end
{%- endmacro %}


{# An assumption of the seed oversight_assumption; null, and with it what hangs on it, where the row is gone. #}
{% macro assumed(name) -%}
    (select value from {{ ref('oversight_assumption') }} where name = '{{ name }}')
{%- endmacro %}


{# What a figure of the yearly report says, by its form: a count, a share in percent, or a mean. #}
{% macro work_report_value(form, part, whole) -%}
    case {{ form }}
        when 'count' then {{ part }}
        when 'share' then round((100.0 * ({{ part }}) / nullif({{ whole }}, 0))::numeric, 2)
        when 'mean' then round((1.0 * ({{ part }}) / nullif({{ whole }}, 0))::numeric, 2)
    end
{%- endmacro %}
