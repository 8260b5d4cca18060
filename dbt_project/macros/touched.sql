{#-
Incremental models: a model that says `touched: {by: <model>, key: <column>}` in its meta forgets its rows of those
keys and makes them anew, and keeps the others. docs/decisions/0010 says why that gives the same rows as a full rebuild.
-#}

{#-
Whether what the models were made by or from has changed so much that all is made anew; `reasons` may add others. What
`begin_run` has found stands for the whole run: it is read once and kept where all models of a run can see it.
-#}
{% macro is_rebuild(reasons=[]) -%}
    {%- if not execute -%} {{ return(false) }} {%- endif -%}
    {%- if flags.FULL_REFRESH -%} {{ return(true) }} {%- endif -%}
    {%- if "rebuild_keys" not in graph -%}
        {%- set found = run_query("select key from state.progress where starts_with(key, 'rebuild')") -%}
        {%- do graph.update({"rebuild_keys": found.columns[0].values() | list}) -%}
    {%- endif -%}
    {{ return(graph["rebuild_keys"] | select("in", ["rebuild"] + reasons) | list | length > 0) }}
{%- endmacro %}

{#- dbt's own question, which also decides `is_incremental()`. -#}
{% macro should_full_refresh() -%}
    {{ return(is_rebuild((config.get("meta") or {}).get("rebuild_on", []))) }}
{%- endmacro %}

{#-
In an incremental run only the rows whose key is touched; stands where a query has its `where`. `expression` is the key
as this query has it, where that has another name.
-#}
{% macro only_touched(model, key="session_id", expression=none) -%}
    {%- set touched = ref(model) if not execute or is_incremental() -%} {# so that dbt sees the dependency as it parses #}
    {%- if is_incremental() -%}
        where (project_id, {{ expression or key }}) in (select project_id, {{ key }} from {{ touched }})
    {%- endif -%}
{%- endmacro %}

{#- In an incremental run only the rows whose key is among those of another step of the same query. -#}
{% macro only_of(step, key) -%}
    {%- if is_incremental() -%} where (project_id, {{ key }}) in (select project_id, {{ key }} from {{ step }}) {%- endif -%}
{%- endmacro %}

{#- The incremental strategy `touched`. -#}
{% macro get_incremental_touched_sql(arguments) -%}
    {%- set touched = config.get("meta")["touched"] -%}
    {%- set columns = get_quoted_csv(arguments["dest_columns"] | map(attribute="name")) -%}
    delete from {{ arguments["target_relation"] }}
    where (project_id, {{ touched.get("column", touched["key"]) }}) in (select project_id, {{ touched["key"] }} from {{ ref(touched["by"]) }});

    insert into {{ arguments["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arguments["temp_relation"] }}
{%- endmacro %}

{#-
What a data test of a pipeline run looks at: in tables that were made anew in part, that part; keys of the others were
tested when they were made, and that nothing is lost or doubled between them is for the marts gate. `dbt test` and
rebuilds look at everything.
-#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set node = _node_of(relation) if execute and flags.WHICH == "build" -%}
    {%- set touched = node.config.meta.get("touched") if node -%}
    {%- if touched and not is_rebuild(node.config.meta.get("rebuild_on", [])) -%}
        {%- set key = touched["key"] -%}
        {%- set touching = api.Relation.create(database=target.database, schema="intermediate", identifier=touched["by"]) -%}
        (
            select * from {{ relation }}
            where
                (project_id, {{ touched.get("column", key) }}) in (select project_id, {{ key }} from {{ touching }})
                and ({{ config.get("where") or "true" }})
        ) as touched_rows
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}

{% macro _node_of(relation) -%}
    {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") -%}
    {{ return(models | selectattr("name", "equalto", relation.identifier) | first) }}
{%- endmacro %}
