{# The moment at which a day's registers are asked: its end, and now for the day that runs. What holds at it says
   `valid_from < moment and valid_to >= moment`. #}
{% macro day_moment(day) -%}
    least({{ day_start('(' ~ day ~ ' + 1)') }}, {{ as_of() }})
{%- endmacro %}


{# The local days that figures of points are kept for: from the first on which any feed was in force until today;
   between full builds only from the first whose figures can have changed since the build before: slots of earlier days
   may have been pending then, and what landed since may be about any day (int_coverage__batch). #}
{% macro days_of_points() %}
    -- depends_on: {{ ref('int_coverage__batch') }}
    select
        day.day::date as day,
        {{ day_moment('day.day::date') }} as moment
    from generate_series(
        greatest(
            (select min({{ local_day('active_from') }}) from {{ ref('dim_feed') }}),
            {% if is_partial() %}
                least(
                    {{ local_day(as_of()) }},
                    (
                        select
                            max(kept.day) - (
                                select coalesce(ceil(max(slot_s + latency_s) / 86400), 0)::integer
                                from {{ ref('dim_feed') }}
                                where main_table in ('observation', 'person_position')
                            )
                        from {{ this }} as kept
                    ),
                    (
                        select min(changed_on)
                        from {{ ref('int_coverage__batch') }}
                        where batch_id in {{ batch_ids() }}
                    )
                )
            {% else %}
                '-infinity'::date
            {% endif %}
        )::timestamp,
        {{ local_day(as_of()) }}::timestamp,
        interval '1 day'
    ) as day (day)
{% endmacro %}


{# The same, for what goes when it has no successor: a county in which nobody needs watching any more. #}
{% macro touched_days_of_points() %}
    select day from ({{ days_of_points() }}) as counted
{% endmacro %}


{# A dimension's first version holds for the time before it too: the register's date says when an entry was last
   changed, not when the enterprise began. #}
{% macro enterprise_since(enterprises) -%}
    case when {{ enterprises }}.is_first_version then {{ always() }} else {{ enterprises }}.valid_from end
{%- endmacro %}


{# The county of a code, or whatever of it is shorter; of none: unknown. #}
{% macro county_of(region_code) -%}
    coalesce(left({{ region_code }}, 6), 'unknown')
{%- endmacro %}


{# All of register:category matches one of the seed's regular expressions. #}
{% macro is_point_of(register, category, pattern) -%}
    {{ register }} || ':' || coalesce({{ category }}, '') ~ ('^(' || {{ pattern }} || ')$')
{%- endmacro %}


{# States of a required category of an enterprise, the worst first: what nobody watches, what is silent, what speaks in
   part, what nobody can say, what is not over, what is well, what was agreed to be left out. #}
{% macro monitoring_states() -%}
    array['no_point', 'silent', 'partial', 'no_evidence', 'pending', 'live', 'excluded']
{%- endmacro %}


{# The state of a category from its points: live if the share asked for is; pending or without evidence if it could
   still turn out so. `live` may be a part of a point. #}
{% macro monitoring_state(n_points, n_excluded, live, n_pending, n_no_evidence, least_live_share) -%}
    case
        when {{ least_live_share }} is null then null
        when coalesce({{ n_points }}, 0) = 0 then 'no_point'
        when {{ n_excluded }} = {{ n_points }} then 'excluded'
        when {{ live }} >= {{ least_live_share }} * ({{ n_points }} - {{ n_excluded }}) then 'live'
        when
            {{ n_pending }} > 0
            and {{ live }} + {{ n_pending }} >= {{ least_live_share }} * ({{ n_points }} - {{ n_excluded }})
            then 'pending'
        when
            {{ live }} + {{ n_pending }} + {{ n_no_evidence }}
            >= {{ least_live_share }} * ({{ n_points }} - {{ n_excluded }})
            then 'no_evidence'
        when {{ live }} > 0 then 'partial'
        else 'silent'
    end
{%- endmacro %}


{# MET, MISSED, PENDING or NO_EVIDENCE of a share against its target (0 to 1): what is pending or without evidence is in
   the whole, and decides only where it could still decide. #}
{% macro share_state(part, whole, n_pending, n_no_evidence, target) -%}
    case
        when {{ whole }} = 0 then 'NO_EVIDENCE'
        when {{ part }} >= {{ target }} * {{ whole }} then 'MET'
        when {{ n_pending }} > 0 and {{ part }} + {{ n_pending }} >= {{ target }} * {{ whole }} then 'PENDING'
        when {{ part }} + {{ n_pending }} + {{ n_no_evidence }} >= {{ target }} * {{ whole }} then 'NO_EVIDENCE'
        else 'MISSED'
    end
{%- endmacro %}
