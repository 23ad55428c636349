{#
  The hexagonal grid of the map is that of PostGIS's ST_HexagonGrid: flat-topped cells of edge `grid_edge_m`, numbered
  from the origin of the projection `grid_srid`. So a cell and its number never move, whatever lies in it.
#}

{# A point of degrees in metres, as geometry of the grid's projection. #}
{% macro in_grid_metres(geometry) -%}
    st_transform({{ geometry }}, {{ var('grid_srid') }})
{%- endmacro %}


{# The middle of a cell, metres; ST_HexagonGrid shifts every other column by half a cell. #}
{% macro cell_x(cell_i) -%}
    (1.5 * {{ var('grid_edge_m') }} * {{ cell_i }})
{%- endmacro %}


{% macro cell_y(cell_i, cell_j) -%}
    (sqrt(3.0) * {{ var('grid_edge_m') }} * ({{ cell_j }} + 0.5 * abs(({{ cell_i }})::integer % 2)))::double precision
{%- endmacro %}


{#
  A lateral subquery: (cell_i, cell_j) of the cell that a point lies in, by arithmetic, so that a hundred thousand points
  take no index. It lies in one of two neighbouring columns: in the cell whose middle is nearer. One on an edge belongs
  to one cell only, the one with the lower numbers.
#}
{% macro cell_of(x, y) -%}
    (
        select
            near.cell_i,
            near.cell_j
        from (
            select
                columns.cell_i,
                ceil({{ y }} / (sqrt(3.0) * {{ var('grid_edge_m') }}) - 0.5 * abs(columns.cell_i % 2) - 0.5)::integer as cell_j
            from (
                values
                (floor({{ x }} / (1.5 * {{ var('grid_edge_m') }}))::integer),
                (ceil({{ x }} / (1.5 * {{ var('grid_edge_m') }}))::integer)
            ) as columns (cell_i)
        ) as near
        order by
            ({{ x }} - {{ cell_x('near.cell_i') }}) ^ 2 + ({{ y }} - {{ cell_y('near.cell_i', 'near.cell_j') }}) ^ 2,
            near.cell_i
        limit 1
    )
{%- endmacro %}


{# The name of a cell says the size of its grid: another `grid_edge_m` is another grid. #}
{% macro cell_id(cell_i, cell_j) -%}
    'h{{ var("grid_edge_m") }}:' || {{ cell_i }} || ':' || {{ cell_j }}
{%- endmacro %}
