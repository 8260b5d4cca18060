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
What a data test of a pipeline run looks at, as a query: in tables that were made anew in part, that part; the other rows
were tested when they were made, and that nothing is lost or doubled between tables is for the marts gate. Nothing where
it looks at the whole table, as `dbt test` and rebuilds do.
-#}
{% macro touched_rows() -%}
    {%- set node = graph["nodes"].get(model.attached_node) if execute and flags.WHICH == "build" -%}
    {%- set touched = node.config.meta.get("touched") if node -%}
    {%- if touched and not is_rebuild(node.config.meta.get("rebuild_on", [])) -%}
        {%- set touching = api.Relation.create(database=target.database, schema="intermediate", identifier=touched["by"]) -%}
        select tested.*
        from {{ _tested() }} as tested
        inner join (select distinct project_id, {{ touched["key"] }} as touched_key from {{ touching }}) as touching
            on
                tested.project_id = touching.project_id
                and tested.{{ touched.get("column", touched["key"]) }} = touching.touched_key
    {%- endif -%}
{%- endmacro %}

{#-
The touched rows and those that have a key of theirs: with a key that holds what was touched no others can, and views only
join tables whose keys are tested.
-#}
{% macro rows_with_keys_of(rows, columns) -%}
    {%- set config = graph["nodes"][model.attached_node].config -%}
    {%- set touched = config.meta["touched"] -%}
    {%- if config.materialized == "view" or touched.get("column", touched["key"]) in columns -%}
        {{ rows }}
    {%- else -%}
        (
            select tested.*
            from {{ _tested() }} as tested
            where ({{ columns | join(", ") }}) in (select {{ columns | join(", ") }} from {{ rows }})
        ) as tested
    {%- endif -%}
{%- endmacro %}

{% macro _tested() -%}
    {%- set node = graph["nodes"][model.attached_node] -%}
    {{ api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) }}
{%- endmacro %}
