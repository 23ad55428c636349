{#
  One malformed text in landing must not take the whole map down, so texts become geometry through a function that
  answers null where PostGIS would raise. Tests report such rows.
#}
{% macro create_safe_casts() %}
    {# parallel unsafe: catching an error needs a subtransaction, which a parallel query cannot start #}
    create or replace function staging.geometry_or_null(wkt text) returns geometry
    language plpgsql immutable strict parallel unsafe
    as $$
    begin
        return st_geomfromtext(wkt, 4326);
    exception when others then
        return null;
    end
    $$
{% endmacro %}


{# Any geometry as valid polygons, EPSG:4326; null where nothing of an area is left. #}
{% macro as_multipolygon(geometry) -%}
    nullif(
        st_multi(st_collectionextract(st_makevalid({{ geometry }}), 3)), 'SRID=4326;MULTIPOLYGON EMPTY'::geometry
    )::geometry(MultiPolygon, 4326)
{%- endmacro %}


{% macro as_point(longitude, latitude) -%}
    st_setsrid(st_makepoint({{ longitude }}, {{ latitude }}), 4326)::geometry(Point, 4326)
{%- endmacro %}


{# A jsonb array, also where the source sent null, a scalar or an object. #}
{% macro as_array(column) -%}
    case when jsonb_typeof({{ column }}) = 'array' then {{ column }} else '[]'::jsonb end
{%- endmacro %}


{#
  What lies within so many km of a point. Drawn about the middle of a zone of projection, turned to its longitude and cut
  at the antimeridian: a circle drawn across it would be taken the long way round the world. One that holds a pole has no
  ring of its own on a map: the whole cap down to its lowest latitude stands for it.
#}
{% macro disc(longitude, latitude, km) -%}
    case
        when abs({{ latitude }}) + {{ km }} / 110.574 >= 90
            then
                st_makeenvelope(
                    -180,
                    case when {{ latitude }} < 0 then -90 else greatest({{ latitude }} - {{ km }} / 110.574, -90) end,
                    180,
                    case when {{ latitude }} < 0 then least({{ latitude }} + {{ km }} / 110.574, 90) else 90 end,
                    4326
                )
        else
            st_wrapx(
                st_wrapx(
                    st_translate(
                        st_buffer(
                            st_setsrid(st_makepoint(3, {{ latitude }}), 4326)::geography, {{ km }} * 1000, 16
                        )::geometry,
                        {{ longitude }} - 3,
                        0
                    ),
                    180,
                    -360
                ),
                -180,
                360
            )
    end
{%- endmacro %}
