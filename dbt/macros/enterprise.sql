{#
  How texts that name an enterprise are compared. None of this changes what is stored: marts keep the text as sent.
#}

{# A code as it is compared: half-width, upper case, without blanks and hyphens; null where nothing is left of it, or a
   word that people type into a field which must not be empty. #}
{% macro normal_code(column) -%}
    nullif(nullif(nullif(nullif(
        upper(regexp_replace(normalize({{ column }}, NFKC), '[\s_/-]', '', 'g')), ''), '无'), '暂无'), 'NULL')
{%- endmacro %}


{# A name as it is compared: half-width, one kind of bracket, no blanks, no dots between, lower case. #}
{% macro normal_name(column) -%}
    nullif(
        lower(
            translate(regexp_replace(normalize({{ column }}, NFKC), '[\s·•]', '', 'g'), '〔〕【】[]{}', '()()()()')
        ),
        ''
    )
{%- endmacro %}


{# What is left of a normal name without brackets and the words of its legal form. #}
{% macro company_core(column) -%}
    regexp_replace(
        translate({{ column }}, '()', ''),
        '(股份有限责任公司|股份有限公司|有限责任公司|集团有限公司|股份公司|有限公司|公司)$',
        ''
    )
{%- endmacro %}


{# What kind of code a normal code is, by its shape alone: columns of sources are full of codes of other kinds. The
   kinds exclude each other, so a code has one kind wherever it is sent. #}
{% macro code_kind(column) -%}
    case
        when octet_length({{ column }}) <> length({{ column }}) then 'name'
        when {{ column }} ~ '^[0-9A-Z]{18}$' then 'credit_code'
        when {{ column }} ~ '^[0-9]{15}$' then 'registration_number'
        when {{ column }} ~ '^[0-9]{12}$' then 'mine_code'
        when {{ column }} ~ '^[0-9A-Z]{8}[0-9X]$' then 'organization_code'
        else 'company_code'
    end
{%- endmacro %}


{# Codes that people confuse when they type them look the same. #}
{% macro confusable_code(column) -%}
    translate({{ column }}, 'OQI', '001')
{%- endmacro %}


{# What one table says about enterprises: the code in `code`, perhaps a name beside it, and when it was said. #}
{% macro enterprise_mentions(model, code, named_at, name=none, where='true') -%}
    select
        feed_id,
        '{{ model | replace("stg_", "") }}.{{ code }}' as place,
        nullif(btrim({{ code }}), '') as code,
        {{ "nullif(btrim(" ~ name ~ "), '')" if name else 'null::text' }} as name,
        -- a record without a time of its own is at least as old as the first sight of it
        coalesce({{ named_at }}, fetched_at) as named_at
    from {{ ref(model) }}
    where {{ where }}
{%- endmacro %}
