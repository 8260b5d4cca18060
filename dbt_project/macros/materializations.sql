{#-
How a model becomes a relation. dbt's own way serves engines that cannot replace a relation within a transaction: it makes
each under another name, renames twice, and asks for its columns up to six times, 10 to 20 statements a model. DuckDB
drops and creates in one transaction, and a relation whose SQL has not changed (`is_rebuild` knows) keeps its columns and
its comments. A run over nothing new has 60 models: this is most of what it costs.
-#}
{% materialization table, adapter="duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {% do _replace(target) %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type="view") -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing and existing.is_view and not is_rebuild() -%}
        {% call noop_statement("main", "SKIP") %}{% endcall %}
    {%- else -%}
        {% do _replace(target) %}
    {%- endif -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% materialization incremental, adapter="duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- if is_incremental() -%}
        {%- set new_rows = make_temp_relation(target) -%}
        {% do run_query(create_table_as(true, new_rows, sql)) %}
        {%- set make_sql = adapter.get_incremental_strategy_macro(context, config.get("incremental_strategy")) -%}
        {% call statement("main") %}
            {{ make_sql({
                "target_relation": target,
                "temp_relation": new_rows,
                "unique_key": config.get("unique_key"),
                "dest_columns": adapter.get_columns_in_relation(target),
                "incremental_predicates": none,
            }) }};
            drop table {{ new_rows.include(database=false, schema=false) }};
        {% endcall %}
        {{ adapter.commit() }}
    {%- else -%}
        {% do _replace(target) %}
    {%- endif -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#- Put what the model's SQL gives in the place of what is there, or leave that as it is. -#}
{% macro _replace(target) -%}
    {%- set existing = load_cached_relation(target) -%}
    {% call statement("main") %}
        {% if existing %} drop {{ existing.type }} if exists {{ existing }}; {% endif %}
        {{ get_create_view_as_sql(target, sql) if target.is_view else create_table_as(false, target, sql) }}
    {% endcall %}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
{%- endmacro %}

{#- All comments of a relation in one statement. Columns that its YAML names and its SQL does not give are an error. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {% call statement("comments") %}
        comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
        {% for column in model.columns.values() %}
            comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
        {% endfor %}
    {% endcall %}
{%- endmacro %}
