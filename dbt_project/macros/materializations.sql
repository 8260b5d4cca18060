{#-
How models become tables and views, in place of dbt-duckdb's own materializations of the same names. Those take up to ten
statements a model: they rename twice, drop what was there in the end, and ask for foreign keys and for the columns of
both tables, of which this project has none or which no change of data can alter. These take one to three, so that a run
over a few new events spends less time on statements than on data. docs/decisions/0019 has the figures. What a model's
configuration asks for is done as dbt-duckdb does it: hooks, grants, indexes and comments.
-#}

{#- The new table takes the old one's place in the transaction that fills it. -#}
{% materialization table, adapter="duckdb" %}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type="table") -%}
    {% do _begin() %}
    {% call statement("main") -%} {{ _replace_with_table(target, existing) }} {%- endcall %}
    {% do _end(target, existing) %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type="view") -%}
    {% do _begin() %}
    {% call statement("main") -%}
        {{ _drop(existing) }}
        {{ get_create_view_as_sql(target, sql) }}
    {%- endcall %}
    {% do _end(target, existing) %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#- Columns cannot differ: changed SQL is a rebuild (`begin_run`), which makes the table anew. -#}
{% materialization incremental, adapter="duckdb" %}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type="table") -%}
    {% do _begin() %}
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
    {% do _end(target, existing) %}
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

{% macro _begin() -%}
    {% do run_hooks(pre_hooks, inside_transaction=false) %}
    {% do run_hooks(pre_hooks, inside_transaction=true) %}
{%- endmacro %}

{#- Do what the model's configuration asks for, and commit; without any of it there is no statement but the commit. -#}
{% macro _end(target, existing) -%}
    {% if target.is_table %} {% do create_indexes(target) %} {% endif %}
    {% do run_hooks(post_hooks, inside_transaction=true) %}
    {% do apply_grants(target, config.get("grants"), should_revoke(existing, full_refresh_mode=true)) %}
    {% do persist_docs(target, model) %}
    {% do adapter.commit() %}
    {% do run_hooks(post_hooks, inside_transaction=false) %}
{%- endmacro %}

{#-
On Spark, every model is built in full: its tables are Parquet files, which cannot be changed in part. Types of contracts are
cast to, because Spark counts in smaller integers.
-#}
{% materialization table, adapter="spark" %}
    {{ return(_spark_build("table")) }}
{% endmaterialization %}

{% materialization view, adapter="spark" %}
    {#- Other programs read the files of tables; only staging is read by Spark alone. -#}
    {{ return(_spark_build("view" if model.schema == "staging" else "table")) }}
{% endmaterialization %}

{% materialization incremental, adapter="spark" %}
    {{ return(_spark_build("table")) }}
{% endmaterialization %}

{% macro _spark_build(kind) -%}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none %} {% do adapter.drop_relation(existing) %} {% endif %}
    {% call statement("main") -%}
        create {{ kind }} {{ target }} as
        {{ _spark_with_contracted_types(sql) if config.get("contract").enforced else sql }}
    {%- endcall %}
    {% do apply_grants(target, config.get("grants"), should_revoke(existing, full_refresh_mode=true)) %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target]}) }}
{%- endmacro %}

{% macro _spark_with_contracted_types(sql) -%}
    select
        {%- for column in model["columns"].values() %}
            cast({{ column["name"] }} as {{ column_type(column["data_type"]) }}) as {{ column["name"] }}{{ "," if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_rows
{%- endmacro %}
