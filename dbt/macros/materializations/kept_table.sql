{#
  A table that is never missing, never empty and never half new.

  It is created once, with the contract's columns, constraints and indexes. Afterwards the new rows are written to a
  temporary table of the same shape (so that a broken key or a null shows before anything is touched), and one
  transaction deletes and inserts only what differs. Live views may hang on it.

  config(unique_key=[...]): the primary key. config(partial=true): the model selects, where is_partial() says so, only
  the rows that may have changed; rows that it does not mention are then kept instead of deleted.
  config(replaces=[columns], touched='macro'), with partial: what the batches touched is told by a macro, whose SQL gives
  these columns (and by which the model restricts itself). Of what is touched, rows that are not mentioned go as well:
  an hour whose last value was withdrawn must not stay.
#}
{% materialization kept_table, adapter='postgres' %}

    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do begin_transaction() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set kind = relation_kind(target_relation) -%}
    {%- if kind is not none and (kind != 'r' or should_full_refresh()) -%}
        {%- do drop_to_recreate(target_relation, kind) -%}
        {%- set kind = none -%}
    {%- endif -%}

    {%- if kind is none -%}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, target_relation, sql) }}
        {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
        {# a table without statistics is planned for as if it were small: views on it then take minutes #}
        {%- do run_query('analyze ' ~ target_relation) -%}
    {%- else -%}
        {%- set fresh = make_temp_relation(target_relation) -%}
        {%- do run_query(fresh_rows_sql(fresh, sql)) -%}
        {%- if column_list(fresh) != column_list(target_relation) -%}
            {%- do raise_columns_changed(target_relation, column_list(target_relation), column_list(fresh)) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ replace_what_differs_sql(target_relation, fresh) }}
        {%- endcall -%}
        {%- do run_query('drop table ' ~ fresh) -%}
    {%- endif -%}

    {%- do finish_relation(target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro fresh_rows_sql(fresh, sql) %}
    {{ get_assert_columns_equivalent(sql) }}
    create temporary table {{ fresh }} {{ get_table_columns_and_constraints() }};
    insert into {{ fresh }} (
        {{ adapter.dispatch('get_column_names', 'dbt')() }}
    )
    {{ get_select_subquery(sql) }};
    analyze {{ fresh }}
{% endmacro %}


{% macro replace_what_differs_sql(target_relation, fresh) %}
    {%- set same_key = [] -%}
    {%- for column in config.require('unique_key') -%}
        {%- do same_key.append('fresh.' ~ column ~ ' = kept.' ~ column) -%}
    {%- endfor -%}
    {%- set same_touched = [] -%}
    {%- for column in config.get('replaces', []) -%}
        {%- do same_touched.append('touched.' ~ column ~ ' = kept.' ~ column) -%}
    {%- endfor -%}
    {%- set names = model.columns.keys() | list -%}
    {%- set is_partial = config.get('partial', false) and is_partial() -%}

    lock table {{ target_relation }} in share row exclusive mode;

    -- first what has no successor: a macro that says what was touched may look at the table as it was kept
    {% if not is_partial %}
    delete from {{ target_relation }} as kept
    where not exists (
        select 1 from {{ fresh }} as fresh
        where {{ same_key | join(' and ') }}
    );
    {% elif config.get('touched') %}

    delete from {{ target_relation }} as kept
    using ({{ context[config.get('touched')]() }}) as touched ({{ config.require('replaces') | join(', ') }})
    where
        {{ same_touched | join(' and ') }}
        and not exists (
            select 1 from {{ fresh }} as fresh
            where {{ same_key | join(' and ') }}
        );
    {% endif %}

    delete from {{ target_relation }} as kept
    using {{ fresh }} as fresh
    where
        {{ same_key | join(' and ') }}
        and (fresh.{{ names | join(', fresh.') }}) is distinct from (kept.{{ names | join(', kept.') }});

    insert into {{ target_relation }} ({{ names | join(', ') }})
    select {{ names | join(', ') }} from {{ fresh }} as fresh
    where not exists (
        select 1 from {{ target_relation }} as kept
        where {{ same_key | join(' and ') }}
    )
{% endmacro %}


{# True where a model may restrict itself to what the unpublished batches touched. #}
{% macro is_partial() %}
    {% if not execute or var('batch_ids') is none or should_full_refresh() %}
        {{ return(false) }}
    {% endif %}
    {{ return(relation_kind(this) == 'r') }}
{% endmacro %}


{# The unpublished batches as SQL: `batch_id in {{ batch_ids() }}`. #}
{% macro batch_ids() %}
    {{ return('(' ~ (['null::bigint'] + var('batch_ids')) | join(', ') ~ ')') }}
{% endmacro %}
