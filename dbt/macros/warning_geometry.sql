{# One row with the area of a message: the union of the areas of its speaking info blocks. For a lateral join, so that
   only the messages asked for are drawn. #}
{% macro warning_geometry(message, areas) -%}
    select
        {{ as_multipolygon('st_union(' ~ areas ~ '.geometry)') }} as geometry,
        string_agg(distinct {{ areas }}.area_desc, '; ') as area_desc,
        case
            when count(*) = 0 then 'none'
            when count(distinct {{ areas }}.geometry_source) > 1 then 'mixed'
            else min({{ areas }}.geometry_source)
        end as geometry_source,
        (array['county', 'city', 'province'])[
            max(array_position(array['county', 'city', 'province'], {{ areas }}.matched_level))
        ] as matched_level
    from {{ areas }}
    where
        {{ message }}.feed_id = {{ areas }}.feed_id
        and {{ message }}.sender = {{ areas }}.sender
        and {{ message }}.identifier = {{ areas }}.identifier
        and {{ message }}.sent_at = {{ areas }}.sent_at
        and {{ areas }}.info_index = any({{ message }}.speaking)
{%- endmacro %}
