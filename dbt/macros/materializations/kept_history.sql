{#
  The versions of entries whose source keeps none: what a register says now is written down whenever it differs from what
  was written down last. Rows are only added (a full build keeps them as well: they cannot be had again).

  The model gives one row per entry: config(entity=[...]) its key, `learned_at` when this content was first fetched, `entry`
  the content as jsonb, and version 1, is_listed true. An entry that is gone is written down as a version with is_listed
  false. A key that `entry` did not have before is no change: it is filled in, as what was always the case.
#}
{% materialization kept_history, adapter='postgres' %}

    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do begin_transaction() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if relation_kind(target_relation) is none -%}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, target_relation, sql) }}
        {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {%- set fresh = make_temp_relation(target_relation) -%}
        {%- do run_query(fresh_rows_sql(fresh, sql)) -%}
        {%- if column_list(fresh) != column_list(target_relation) -%}
            {%- do exceptions.raise_compiler_error(
                'The columns of ' ~ target_relation ~ ' changed, but what it holds cannot be had again: alter the table by hand.'
            ) -%}
        {%- endif -%}
        {%- do run_query(fill_new_keys_sql(target_relation, fresh)) -%}
        {%- call statement('main') -%}
            {{ write_down_changes_sql(target_relation, fresh) }}
        {%- endcall -%}
        {%- do run_query('drop table ' ~ fresh) -%}
    {%- endif -%}

    {%- do finish_relation(target_relation) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}

{% endmaterialization %}


{% macro newest_versions_sql(target_relation) %}
    select distinct on ({{ config.require('entity') | join(', ') }}) *
    from {{ target_relation }}
    order by {{ config.require('entity') | join(', ') }}, version desc
{% endmacro %}


{% macro fill_new_keys_sql(target_relation, fresh) %}
    lock table {{ target_relation }} in share row exclusive mode;

    update {{ target_relation }} as written
    set entry = fresh.entry || written.entry
    from {{ fresh }} as fresh
    where
        {{ same_entity('written', 'fresh') }}
        and not written.entry ?& array(select jsonb_object_keys(fresh.entry))
{% endmacro %}


{% macro write_down_changes_sql(target_relation, fresh) %}
    {%- set names = model.columns.keys() | list -%}
    {%- set unchanged = names | reject('in', ['version', 'is_listed', 'learned_at']) | list -%}

    insert into {{ target_relation }} (version, is_listed, learned_at, {{ unchanged | join(', ') }})
    select
        coalesce(newest.version, 0) + 1,
        true,
        greatest(fresh.learned_at, newest.learned_at),
        fresh.{{ unchanged | join(', fresh.') }}
    from {{ fresh }} as fresh
    left join ({{ newest_versions_sql(target_relation) }}) as newest on {{ same_entity('newest', 'fresh') }}
    where newest.version is null or not newest.is_listed or newest.entry <> newest.entry || fresh.entry

    union all

    select
        newest.version + 1,
        false,
        greatest(now(), newest.learned_at),
        newest.{{ unchanged | join(', newest.') }}
    from ({{ newest_versions_sql(target_relation) }}) as newest
    where
        newest.is_listed
        and not exists (select 1 from {{ fresh }} as fresh where {{ same_entity('newest', 'fresh') }})
{% endmacro %}


{% macro same_entity(one, other) -%}
    {%- for column in config.require('entity') -%}
        {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
