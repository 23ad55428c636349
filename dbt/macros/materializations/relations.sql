{# What live_view and kept_table share: they look relations up in the catalogue, because dbt's cache does not notice
   what a `drop ... cascade` took along. #}

{% macro begin_transaction() %}
    {# run_query() opens none by itself. A build that waits for a lock makes all later readers wait behind it, so it
       gives up after a while instead. #}
    {% call statement('begin_transaction') %}
        set local lock_timeout = '20s'
    {% endcall %}
{% endmacro %}


{% macro relation_kind(relation) %}
    {# 'r' table, 'v' view, ...; none if there is no such relation #}
    {% set rows = run_query(
        "select relkind::text from pg_class where oid = to_regclass('" ~ relation.include(database=false) ~ "')"
    ) %}
    {{ return(rows.rows[0][0] if rows.rows | length else none) }}
{% endmacro %}


{% macro column_list(relation) %}
    {# ["name type", ...] in order; types with their modifiers, as in geometry(Point,4326) #}
    {% set rows = run_query(
        "select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute "
        ~ "where attrelid = to_regclass('" ~ relation.include(database=false) ~ "') "
        ~ "and attnum > 0 and not attisdropped order by attnum"
    ) %}
    {{ return(rows.columns[0].values() | list) }}
{% endmacro %}


{% macro raise_columns_changed(relation, before, after) %}
    {% set gone = before | reject('in', after) | list %}
    {% set new = after | reject('in', before) | list %}
    {% set what = 'gone: ' ~ (gone | join(', ') or '-') ~ '; new: ' ~ (new | join(', ') or '-') %}
    {% do exceptions.raise_compiler_error(
        'The columns of ' ~ relation.schema ~ '.' ~ relation.identifier ~ ' changed (' ~ what ~ '; or their order), and readers '
        ~ 'hang on them. Run a full build (riskmap build --full): it recreates the relation and what depends on it.'
    ) %}
{% endmacro %}


{% macro drop_to_recreate(relation, kind) %}
    {# Drop with everything that hangs on it, but only if this very run will create all of that again. #}
    {% set rows = run_query(dependents_sql(relation)) %}
    {% set rebuilt = [] %}
    {% for unique_id in selected_resources if unique_id in graph.nodes %}
        {% do rebuilt.append(graph.nodes[unique_id].schema ~ '.' ~ graph.nodes[unique_id].alias) %}
    {% endfor %}
    {% set orphans = rows.columns[0].values() | reject('in', rebuilt) | list %}
    {% if orphans %}
        {% do exceptions.raise_compiler_error(
            'Recreating ' ~ relation.schema ~ '.' ~ relation.identifier ~ ' would drop ' ~ orphans | join(', ') ~ ', which this '
            ~ 'run does not build. Select ' ~ relation.identifier ~ '+ or run a full build (riskmap build --full).'
        ) %}
    {% endif %}
    {% do adapter.drop_relation(relation.incorporate(type='view' if kind == 'v' else 'table')) %}
{% endmacro %}


{% macro dependents_sql(relation) %}
    with recursive dependents as (
        select to_regclass('{{ relation.include(database=false) }}')::oid as oid
        union
        select pg_rewrite.ev_class
        from dependents
        inner join pg_depend on dependents.oid = pg_depend.refobjid and pg_depend.classid = 'pg_rewrite'::regclass
        inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid
    )

    select pg_namespace.nspname || '.' || pg_class.relname
    from dependents
    inner join pg_class on dependents.oid = pg_class.oid
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where dependents.oid <> to_regclass('{{ relation.include(database=false) }}')
{% endmacro %}


{% macro finish_relation(relation) %}
    {# Grants are only ever added, and only where they are missing: the migrations' default privileges belong to others
       and must survive. #}
    {% for privilege, roles in (config.get('grants') or {}).items() %}
        {% set missing = run_query(
            "select role from unnest(array['" ~ roles | join("', '") ~ "']) as role where not has_table_privilege(role, '"
            ~ relation.include(database=false) ~ "', '" ~ privilege ~ "')"
        ) %}
        {% for row in missing.rows %}
            {% do run_query('grant ' ~ privilege ~ ' on ' ~ relation ~ ' to ' ~ adapter.quote(row[0])) %}
        {% endfor %}
    {% endfor %}
    {% if config.persist_relation_docs() and model.description and documentation_differs(relation) %}
        {% do persist_docs(relation, model) %}
    {% endif %}
{% endmacro %}


{% macro documentation_differs(relation) %}
    {# "comment on" waits for readers' locks; so comments that stand already are not written again. #}
    {% set rows = run_query(
        "select coalesce(pg_attribute.attname, ''), pg_description.description from pg_description "
        ~ "left join pg_attribute on pg_description.objoid = pg_attribute.attrelid "
        ~ "and pg_description.objsubid = pg_attribute.attnum and pg_description.objsubid > 0 "
        ~ "where pg_description.objoid = to_regclass('" ~ relation.include(database=false) ~ "') "
        ~ "and pg_description.classoid = 'pg_class'::regclass"
    ) %}
    {% set found = {} %}
    {% for row in rows.rows %}
        {% do found.update({row[0]: row[1]}) %}
    {% endfor %}
    {% set wanted = {'': model.description} %}
    {% for column in model.columns.values() if column.description %}
        {% do wanted.update({column.name: column.description}) %}
    {% endfor %}
    {{ return(wanted != found) }}
{% endmacro %}
