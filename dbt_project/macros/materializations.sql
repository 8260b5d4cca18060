{#-
How models become tables and views, in place of dbt-duckdb's own materializations of the same names. Those take up to ten
statements a model: they rename twice, drop what was there in the end, and ask for indexes, foreign keys, grants and the
columns of both tables, of which this project has none or which no change of data can alter. These take one to three, so
that a run over a few new events spends less time on statements than on data. docs/decisions/0019 has the figures.
-#}

{#- The new table takes the old one's place in the transaction that fills it. -#}
{% materialization table, adapter="duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {% call statement("main") -%}
        {{ _replace_with_table(target, load_cached_relation(this)) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {% call statement("main") -%}
        {{ _drop(load_cached_relation(this)) }}
        {{ get_create_view_as_sql(target, sql) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#- Columns cannot differ: changed SQL is a rebuild (`begin_run`), which makes the table anew. -#}
{% materialization incremental, adapter="duckdb" %}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type="table") -%}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- set build_sql = _replace_with_table(target, existing) -%}
    {%- else -%}
        {%- set new_rows = make_temp_relation(target) -%}
        {% do run_query(create_table_as(true, new_rows, sql)) %}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get("incremental_strategy")) -%}
        {%- set build_sql = strategy({
            "target_relation": target,
            "temp_relation": new_rows,
            "unique_key": config.get("unique_key"),
            "dest_columns": adapter.get_columns_in_relation(existing),
            "incremental_predicates": none,
        }) -%}
    {%- endif -%}
    {% call statement("main") -%} {{ build_sql }} {%- endcall %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#- Statements that make a table under another name, because its SQL may read the old one, and swap the two. -#}
{% macro _replace_with_table(target, existing) -%}
    {%- set new = make_intermediate_relation(target) -%}
    drop table if exists {{ new }}; {#- of a version that could be killed in between -#}
    {{ create_table_as(false, new, sql) }};
    {{ _drop(existing) }}
    alter table {{ new }} rename to {{ target.identifier }};
{%- endmacro %}

{% macro _drop(existing) -%}
    {% if existing is not none %} drop {{ existing.type }} if exists {{ existing }}; {% endif %}
{%- endmacro %}
