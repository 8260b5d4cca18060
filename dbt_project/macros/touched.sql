{#-
Incremental models: a model with `touched: {by: <model>, key: <column>}` in its meta deletes its rows of those
keys and rebuilds them, and keeps the others. docs/decisions/0010 says why that gives the same rows as a full rebuild.
-#}

{#-
Whether the code or the data of the models has changed so much that all are rebuilt; `reasons` may add others. The
result of `begin_run` applies to the whole run: it is read once and stored where all models of the run can see it.
-#}
{% macro is_rebuild(reasons=[]) -%}
    {%- if not execute -%} {{ return(false) }} {%- endif -%}
    {%- if flags.FULL_REFRESH -%} {{ return(true) }} {%- endif -%}
    {%- if "rebuild_keys" not in graph -%} {%- do graph.update({"rebuild_keys": rebuild_keys()}) -%} {%- endif -%}
    {{ return(graph["rebuild_keys"] | select("in", ["rebuild"] + reasons) | list | length > 0) }}
{%- endmacro %}

{% macro rebuild_keys() -%}
    {{ return(adapter.dispatch("rebuild_keys", "turret")()) }}
{%- endmacro %}

{% macro duckdb__rebuild_keys() -%}
    {%- set found = run_query("select key from state.progress where starts_with(key, 'rebuild')") -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}

{% macro spark__rebuild_keys() -%}
    {%- if not _spark_has_state() -%} {{ return(["rebuild"]) }} {%- endif -%}
    {{ return(run_query(_spark_rebuild_keys()).columns[0].values() | list) }}
{%- endmacro %}

{#- dbt's own macro asks for a table; on Spark, a table in partitions is read through a view. -#}
{% macro is_incremental() -%}
    {{ return(adapter.dispatch("is_incremental", "turret")()) }}
{%- endmacro %}

{% macro duckdb__is_incremental() -%}
    {{ return(dbt.is_incremental()) }}
{%- endmacro %}

{% macro spark__is_incremental() -%}
    {%- if not execute or model.config.materialized != "incremental" -%} {{ return(false) }} {%- endif -%}
    {{ return(load_cached_relation(this) is not none and not should_full_refresh()) }}
{%- endmacro %}

{#- Overrides dbt's own macro, which also decides `is_incremental()`. -#}
{% macro should_full_refresh() -%}
    {{ return(is_rebuild((config.get("meta") or {}).get("rebuild_on", []))) }}
{%- endmacro %}

{#-
In an incremental run, only the rows whose key is touched. Used in place of a query's `where`. `expression` is the key in
this query, if it has another name.
-#}
{% macro only_touched(model, key="session_id", expression=none) -%}
    {%- set touched = ref(model) if not execute or is_incremental() -%} {# so that dbt sees the dependency when it parses #}
    {%- if is_incremental() -%}
        where (project_id, {{ expression or key }}) in (select project_id, {{ key }} from {{ touched }})
    {%- endif -%}
{%- endmacro %}

{#- In an incremental run, only the rows of events whose key is among those of another step, of touched sessions. -#}
{% macro only_of(step, key) -%}
    {%- if is_incremental() -%}
        where (project_id, {{ key }}) in (select project_id, {{ key }} from {{ step }})
        {{ on_touched_days(_relation("intermediate", config.get("meta")["touched"]["by"])) }}
    {%- endif -%}
{%- endmacro %}

{#-
A further condition on rows of events: they are on a day with an event of a touched session. Spark would otherwise shuffle
the rows of all days to find those of the touched events. Nothing for so many days that most rows remain.
-#}
{% macro on_touched_days(touching) -%}
    {{ return(adapter.dispatch("on_touched_days", "turret")(touching)) }}
{%- endmacro %}

{% macro duckdb__on_touched_days(touching) -%}
{%- endmacro %}

{% macro spark__on_touched_days(touching) -%}
    {%- if execute -%}
        {%- set known = graph.setdefault("touched_days", {}) -%}
        {%- if touching ~ "" not in known -%}
            {%- set days = "select distinct cast(occurred_at as date) as day from " ~ _touched_events(touching) ~ " as touched_events" -%}
            {%- do known.update({touching ~ "": run_query(days ~ " order by day").columns[0].values() | list}) -%}
        {%- endif -%}
        {%- set days = known[touching ~ ""] -%}
        {%- if days and days | length <= 100 -%}
            and cast(occurred_at as date) in (date '{{ days | join("', date '") }}')
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
Columns that are not among those of a relation, as a condition; neither has nulls. Spark would compare each row with each row
for the words of DuckDB.
-#}
{% macro is_not_among(alias, columns, relation) -%}
    {{ return(adapter.dispatch("is_not_among", "turret")(alias, columns, relation)) }}
{%- endmacro %}

{% macro duckdb__is_not_among(alias, columns, relation) -%}
    ({{ alias }}.{{ columns | join(", " ~ alias ~ ".") }}) not in (
        select {{ relation }}.{{ columns | join(", " ~ relation ~ ".") }}
        from {{ relation }}
    )
{%- endmacro %}

{% macro spark__is_not_among(alias, columns, relation) -%}
    not exists (
        select 1
        from {{ relation }}
        where
        {%- for column in columns %}
            {{ alias }}.{{ column }} = {{ relation }}.{{ column }} {{ "and" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#-
The recursive branch of the step `reached`: whom the rows of `steps` connect with those that are reached already. Spark
lacks a recursion that ends where nothing is new, so there each step of it is a table.
-#}
{% macro union_reached_by(steps) -%}
    {{ return(adapter.dispatch("union_reached_by", "turret")(steps)) }}
{%- endmacro %}

{% macro duckdb__union_reached_by(steps) -%}
    union

    select
        {{ steps }}.project_id,
        {{ steps }}.to_kind as kind,
        {{ steps }}.to_id as id
    from reached
    inner join {{ steps }}
        on
            reached.project_id = {{ steps }}.project_id
            and reached.kind = {{ steps }}.from_kind
            and reached.id = {{ steps }}.from_id
{%- endmacro %}

{% macro spark__union_reached_by(steps) -%}
    {%- if execute and not is_rebuild() -%}
        {%- set pending, events = ref("int_events__pending"), ref("int_events__counted") -%}
        {%- set ties -%}
            (
                select distinct project_id, session_id, user_id from {{ events }}
                where not is_session_id_given and is_user_id_given
            )
        {%- endset -%}
        {%- set reached = namespace(n_rows=-1, table=none, is_whole=false) -%}
        {%- for round in range(1000) -%}
            {%- if not reached.is_whole -%}
                {%- set wider -%}
                    {%- if reached.table -%}
                        select project_id, session_id from {{ reached.table }}
                        union
                        select others.project_id, others.session_id
                        from {{ reached.table }} as reached
                        inner join {{ ties }} as own
                            on reached.project_id = own.project_id and reached.session_id = own.session_id
                        inner join {{ ties }} as others
                            on own.project_id = others.project_id and own.user_id = others.user_id
                    {%- else -%}
                        select project_id, session_id from {{ pending }}
                        union
                        select ties.project_id, ties.session_id
                        from {{ ties }} as ties
                        inner join {{ pending }} as pending
                            on ties.project_id = pending.project_id and ties.user_id = pending.user_id
                        where not pending.is_session_id_given and pending.is_user_id_given
                    {%- endif -%}
                {%- endset -%}
                {%- set table = "state.reached_" ~ round -%}
                {%- do run_query("drop table if exists " ~ table) -%}
                {%- do run_query("create table " ~ table ~ " using parquet as " ~ wider) -%}
                {%- set n_rows = run_query("select count(*) from " ~ table).columns[0].values()[0] | int -%}
                {%- set reached.is_whole = n_rows == reached.n_rows -%}
                {%- set reached.n_rows, reached.table = n_rows, table -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not reached.is_whole -%}
            {{ exceptions.raise_compiler_error("stitching connects more than 1,000 users in a row; use --full-refresh") }}
        {%- endif -%}

        union

        select project_id, 'session' as kind, session_id as id
        from {{ reached.table }}
    {%- endif -%}
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
The rows that a data test checks in a pipeline run, as a query: the rebuilt part of partly rebuilt tables. The other rows
were tested when they were built, and the marts gate checks that nothing is lost or duplicated between tables. Empty if
the test checks the whole table, as `dbt test` and rebuilds do.
-#}
{% macro touched_rows() -%}
    {{ return(_touched_rows_of(_tested_node()) if execute) }}
{%- endmacro %}

{#- The rows that a touched row may refer to; in one of these views, rows of the same sessions. -#}
{% macro referred_rows(relation) -%}
    {%- set nodes = graph["nodes"].values() | selectattr("resource_type", "equalto", "model") -%}
    {%- set node = nodes | selectattr("relation_name", "equalto", relation ~ "") | first -%}
    {{ return("(" ~ _touched_rows_of(node) ~ ")" if node.name in _views() else relation) }}
{%- endmacro %}

{#- Views whose touched rows have a macro of their own, which costs less than a condition on the view. -#}
{% macro _views() -%}
    {{ return({"fct_events": touched_event_rows, "fct_event_values": touched_event_value_rows}) }}
{%- endmacro %}

{% macro _touched_rows_of(node) -%}
    {%- set touched = node.config.meta.get("touched") if flags.WHICH == "build" -%}
    {%- if not touched or is_rebuild(node.config.meta.get("rebuild_on", [])) -%} {{ return("") }} {%- endif -%}
    {%- set touching = _relation("intermediate", touched["by"]) -%}
    {%- if node.name in _views() -%} {{ return(_views()[node.name](touching)) }} {%- endif -%}
    {%- set column = touched.get("column", touched["key"]) -%}
    {%- set keys = "select project_id, " ~ touched["key"] ~ " from " ~ touching -%}
    {{ return("select * from " ~ node.relation_name ~ " where (project_id, " ~ column ~ ") in (" ~ keys ~ ")") }}
{%- endmacro %}

{#-
The touched rows and those that share a key with them. If the key contains what was touched, no other rows can, and views
only join tables whose keys are tested.
-#}
{% macro rows_with_keys_of(rows, columns) -%}
    {%- set node = _tested_node() -%}
    {%- set touched = node.config.meta["touched"] -%}
    {%- if node.config.materialized == "view" or touched.get("column", touched["key"]) in columns -%}
        {{ rows }}
    {%- else -%}
        (
            select * from {{ node.relation_name }}
            where ({{ columns | join(", ") }}) in (select {{ columns | join(", ") }} from {{ rows }})
        ) as rows_with_keys
    {%- endif -%}
{%- endmacro %}

{#- Whether the tested relation is a view, which every query would compute again. -#}
{% macro is_tested_view() -%}
    {{ return(execute and _tested_node().config.materialized == "view") }}
{%- endmacro %}

{% macro _tested_node() -%}
    {{ return(graph["nodes"][model.attached_node]) }}
{%- endmacro %}

{#- Whether a step of a query is computed once however often it is read; Spark decides this by itself. -#}
{% macro computed_once(is_once) -%}
    {{ return(adapter.dispatch("computed_once", "turret")(is_once)) }}
{%- endmacro %}

{% macro duckdb__computed_once(is_once) -%}
    {{ "materialized" if is_once else "not materialized" }}
{%- endmacro %}

{% macro spark__computed_once(is_once) -%}
{%- endmacro %}

{#- Whether no row of a relation has this digest of its key. -#}
{% macro is_missing_reference(digest, parent_digest, parent) -%}
    {{ return(adapter.dispatch("is_missing_reference", "turret")(digest, parent_digest, parent)) }}
{%- endmacro %}

{% macro duckdb__is_missing_reference(digest, parent_digest, parent) -%}
    {{ digest }} not in (
        select {{ parent_digest }}
        from {{ parent }} as parent
    )
{%- endmacro %}

{% macro spark__is_missing_reference(digest, parent_digest, parent) -%}
    not exists (
        select 1
        from (select {{ parent_digest }} as digest from {{ parent }}) as parent
        where parent.digest = {{ digest }}
    )
{%- endmacro %}
