{#- A declared type of a column, in the engine's words. Models and contracts are written in DuckDB's. -#}
{% macro column_type(name) -%}
    {{ return(adapter.dispatch("column_type", "turret")(name)) }}
{%- endmacro %}

{% macro duckdb__column_type(name) -%}
    {{ return(name) }}
{%- endmacro %}

{% macro spark__column_type(name) -%}
    {%- set types = {"varchar": "string", "json": "string", "varchar[]": "array<string>", "timestamp": "timestamp_ntz", "ubigint": "bigint"} -%}
    {{ return(types.get(name | lower, name)) }}
{%- endmacro %}
