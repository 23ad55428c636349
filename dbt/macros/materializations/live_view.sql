{#
  A view that is never missing: created in place, replaced only when its definition changed.

  dbt's own view is renamed away and dropped with CASCADE at every run, which takes views that hang on it along and
  leaves readers without it meanwhile. Even `create or replace view` waits for running readers and makes new ones wait,
  so an unchanged definition is left alone. A change of columns that PostgreSQL cannot make in place needs a full build.
#}
{% materialization live_view, adapter='postgres' %}

    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do begin_transaction() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}

    {%- set kind = relation_kind(target_relation) -%}
    {%- if kind == 'v' -%}
        {%- set change = live_view_change(target_relation, sql) -%}
    {%- else -%}
        {%- set change = 'create' if kind is none else 'recreate' -%}
    {%- endif -%}

    {%- if change == 'recreate' -%}
        {%- do drop_to_recreate(target_relation, kind) -%}
    {%- endif -%}

    {%- if change == 'none' -%}
        {%- do store_raw_result('main', message='UNCHANGED', code='UNCHANGED', rows_affected='0') -%}
    {%- else -%}
        {%- call statement('main') -%}
            create or replace view {{ target_relation }} as (
                {{ sql }}
            );
        {%- endcall -%}
    {%- endif -%}

    {%- do finish_relation(target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro live_view_change(relation, sql) %}
    {# 'none', 'replace' or, in a full build only, 'recreate' #}
    {% set probe = make_temp_relation(relation) %}
    {% do run_query('create temporary view ' ~ probe ~ ' as (' ~ sql ~ ')') %}
    {% set same = run_query(
        "select pg_get_viewdef('" ~ probe ~ "'::regclass) = pg_get_viewdef('"
        ~ relation.include(database=false) ~ "'::regclass)"
    ).rows[0][0] %}
    {% set before = column_list(relation) %}
    {% set after = column_list(probe) %}
    {% do run_query('drop view ' ~ probe) %}
    {% if after[:before | length] != before %}
        {% if not should_full_refresh() %}
            {% do raise_columns_changed(relation, before, after) %}
        {% endif %}
        {{ return('recreate') }}
    {% endif %}
    {{ return('none' if same and before == after else 'replace') }}
{% endmacro %}
