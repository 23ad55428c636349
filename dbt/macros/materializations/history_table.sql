{#
  A table that remembers what was known when. The model selects what is known now: one row per config(unique_key=[...]).
  A row is an episode, [known_from, known_to) in the time of the builds, known_to {{ forever() }} while it lasts: it ends,
  and a new one begins, when any of config(compare=[...]) differs, or when the model selects the key no longer.

  What was known cannot be computed again, so the table is never dropped, in a full refresh neither; columns that the
  model gains are added to it. It is written forwards only: a build that looks back (as_of before an episode began)
  leaves that episode alone, and of two builds at one moment the last one speaks.
  Episodes that ended more than config(keep_days=) days ago are forgotten.
#}
{% materialization history_table, adapter='postgres' %}

    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do begin_transaction() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if relation_kind(target_relation) is none -%}
        {%- do run_query('create table ' ~ target_relation ~ ' ' ~ get_table_columns_and_constraints()) -%}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {%- do add_new_columns(target_relation) -%}
    {%- endif -%}

    {%- set fresh = make_temp_relation(target_relation) -%}
    {%- do run_query('create temporary table ' ~ fresh ~ ' as ' ~ sql) -%}
    {%- do run_query('analyze ' ~ fresh) -%}
    {%- call statement('main') -%}
        {{ remember_sql(target_relation, fresh) }}
    {%- endcall -%}
    {%- do run_query('drop table ' ~ fresh) -%}

    {%- do finish_relation(target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro add_new_columns(relation) %}
    {% set names = [] %}
    {% for column in column_list(relation) %}
        {% do names.append(column.split(' ')[0]) %}
    {% endfor %}
    {% for column in model.columns.values() if column.name not in names %}
        {% do run_query('alter table ' ~ relation ~ ' add column ' ~ column.name ~ ' ' ~ column.data_type) %}
    {% endfor %}
{% endmacro %}


{% macro remember_sql(target_relation, fresh) %}
    {%- set key = config.require('unique_key') -%}
    {%- set compare = config.require('compare') -%}
    {%- set names = model.columns.keys() | reject('in', ['known_from', 'known_to']) | list -%}
    {%- set same_key = [] -%}
    {%- for column in key -%}
        {%- do same_key.append('fresh.' ~ column ~ ' = kept.' ~ column) -%}
    {%- endfor -%}

    lock table {{ target_relation }} in share row exclusive mode;

    -- what was said at this very moment is said anew
    delete from {{ target_relation }} as kept
    where
        kept.known_from = {{ as_of() }}
        and kept.known_to = {{ forever() }}
        and not exists (
            select 1 from {{ fresh }} as fresh
            where
                {{ same_key | join(' and ') }}
                and (fresh.{{ compare | join(', fresh.') }})
                is not distinct from (kept.{{ compare | join(', kept.') }})
        );

    update {{ target_relation }} as kept
    set known_to = {{ as_of() }}
    where
        kept.known_to = {{ forever() }}
        and kept.known_from < {{ as_of() }}
        and not exists (
            select 1 from {{ fresh }} as fresh
            where
                {{ same_key | join(' and ') }}
                and (fresh.{{ compare | join(', fresh.') }})
                is not distinct from (kept.{{ compare | join(', kept.') }})
        );

    insert into {{ target_relation }} ({{ names | join(', ') }}, known_from, known_to)
    select {{ names | join(', ') }}, {{ as_of() }}, {{ forever() }}
    from {{ fresh }} as fresh
    where not exists (
        select 1 from {{ target_relation }} as kept
        where
            {{ same_key | join(' and ') }}
            and kept.known_to > {{ as_of() }}
    );

    delete from {{ target_relation }}
    where known_to < {{ as_of() }} - interval '{{ config.require("keep_days") }} days'
{% endmacro %}
