{# The entries of a register that no full list has left out since they were last seen. #}
{% macro listed(model, register, code) -%}
    select entries.* from {{ ref(model) }} as entries
    where
        not exists (
            select 1 from {{ ref('int_register__absence') }} as absences
            where
                absences.register = '{{ register }}'
                and entries.feed_id = absences.feed_id
                and entries.{{ code }} = absences.entry_code
        )
{%- endmacro %}


{# What refused records of the feeds that send full lists say, cell by cell: a row that was in a list and broke the
   contract is no absence from it. #}
{% macro refused_cells(full_lists) -%}
    select
        refused.feed_id,
        refused.batch_id,
        refused.first_seen_at,
        cell.value
    from {{ source('quarantine', 'record') }} as refused
    -- a case: the planner may ask what is no object for its cells before it asks whether it is one
    cross join lateral jsonb_each_text(
        case when jsonb_typeof(refused.record) = 'object' then refused.record else '{}'::jsonb end
    ) as cell
    where refused.feed_id in (select {{ full_lists }}.feed_id from {{ full_lists }})
{%- endmacro %}
