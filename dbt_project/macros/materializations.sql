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
Spark's tables are Parquet files, which cannot be changed in part. So a table whose rows are touched by key is kept in
partitions: `part`, the day of its rows, and `run`, of the run that wrote it. A run writes again the days that have or get
touched rows, beside the old ones, and then lets go of these. Their files are removed by the driver, when the run ends.
Other programs read the files, so marts that are views on DuckDB are tables here.
-#}
{% materialization table, adapter="spark" %}
    {{ return(_spark_build("table")) }}
{% endmaterialization %}

{% materialization view, adapter="spark" %}
    {%- if config.get("meta").get("touched") -%} {{ return(_spark_build_by_day()) }} {%- endif -%}
    {{ return(_spark_build("view" if model.schema == "staging" else "table")) }}
{% endmaterialization %}

{% materialization incremental, adapter="spark" %}
    {{ return(_spark_build_by_day()) }}
{% endmaterialization %}

{% macro _spark_build(kind) -%}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none %} {% do adapter.drop_relation(existing) %} {% endif %}
    {% call statement("main") -%}
        create {{ kind }} {{ target }} as
        {{ _spark_with_contracted_types(sql) if config.get("contract").enforced else sql }}
    {%- endcall %}
    {{ return(_spark_end(target, existing)) }}
{%- endmacro %}

{% macro _spark_end(target, existing) -%}
    {% do apply_grants(target, config.get("grants"), should_revoke(existing, full_refresh_mode=true)) %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target]}) }}
{%- endmacro %}

{% macro _spark_build_by_day() -%}
    {%- set existing, target = load_cached_relation(this), this.incorporate(type="view") -%}
    {%- set is_full = existing is none or should_full_refresh() -%}
    {%- set by_day, new_rows = this ~ "__by_day", this ~ "__new_rows" -%}
    {{ run_hooks(pre_hooks) }}
    {%- set rows = sql if is_full or model.config.materialized == "incremental" else _spark_touched_rows(sql) -%}
    {%- set rows -%}
        select model_rows.*, {{ _spark_part() }} as part
        from ({{ _spark_with_contracted_types(rows) if config.get("contract").enforced else rows }}) as model_rows
    {%- endset -%}
    {%- if existing is none -%}
        {% call statement("main") -%}
            create table {{ by_day }} using parquet partitioned by (part, run) as
            select /*+ rebalance(part) */ *, '1' as run from ({{ rows }})
        {%- endcall %}
        {% do run_query("create view " ~ target ~ " as select * except (part, run) from " ~ by_day) %}
    {%- else -%}
        {%- set partitions = _spark_partitions(by_day) -%}
        {%- if is_full -%}
            {%- set old, written = partitions, rows -%}
        {%- else -%}
            {% do run_query("drop table if exists " ~ new_rows) %}
            {% do run_query("create table " ~ new_rows ~ " using parquet as " ~ rows) %}
            {%- set keys = _spark_keys(new_rows) -%}
            {%- set hit = run_query(
                "select known.part from " ~ by_day ~ " as known left semi join " ~ keys ~ " union select part from " ~ new_rows
            ).columns[0].values() | list -%}
            {%- set old = partitions | selectattr(0, "in", hit) | list -%}
            {%- set written -%}
                select * from {{ new_rows }}
                {%- if old %}
                    union all
                    select * except (run)
                    from (select known.* from {{ by_day }} as known left anti join {{ keys }})
                    where part in ('{{ old | map(attribute=0) | join("', '") }}')
                {%- endif -%}
            {%- endset -%}
        {%- endif -%}
        {% call statement("main") -%}
            insert into {{ by_day }} partition (part, run)
            select /*+ rebalance(part) */ *, '{{ (partitions | map(attribute=1) | map("int") | list + [0]) | max + 1 }}' as run
            from ({{ written }})
        {%- endcall %}
        {%- if old -%}
            {%- set dropped = [] -%}
            {%- for part, run in old -%} {%- do dropped.append("partition (part = '" ~ part ~ "', run = '" ~ run ~ "')") -%} {%- endfor -%}
            {% do run_query("alter table " ~ by_day ~ " drop " ~ dropped | join(", ")) %}
        {%- endif -%}
        {% do run_query("drop table if exists " ~ new_rows) %}
    {%- endif -%}
    {{ return(_spark_end(target, existing)) }}
{%- endmacro %}

{#- The day of a row, or a bucket of the key if the table has no time. -#}
{% macro _spark_part() -%}
    {%- set meta = config.get("meta") -%}
    {%- if meta.get("day") -%} coalesce(string(date({{ meta["day"] }})), 'none')
    {%- else -%} string(pmod(xxhash64(project_id, {{ meta["touched"]["key"] }}), 16))
    {%- endif -%}
{%- endmacro %}

{#- The partitions of a table, as pairs of day and run. -#}
{% macro _spark_partitions(by_day) -%}
    {%- set found = [] -%}
    {%- for name in run_query("show partitions " ~ by_day).columns[0].values() -%}
        {%- do found.append(name.replace("part=", "").split("/run=")) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The keys whose rows are replaced, as the right side of a join with `known`. -#}
{% macro _spark_keys(new_rows) -%}
    {%- set touched, conditions = config.get("meta").get("touched"), [] -%}
    {%- if touched -%}
        {%- set column = touched.get("column", touched["key"]) -%}
        {{ return(
            _relation("intermediate", touched["by"])
            ~ " as keys on known.project_id = keys.project_id and known." ~ column ~ " = keys." ~ touched["key"]
        ) }}
    {%- endif -%}
    {%- for column in config.get("unique_key") -%} {%- do conditions.append("known." ~ column ~ " = keys." ~ column) -%} {%- endfor -%}
    {{ return(new_rows ~ " as keys on " ~ conditions | join(" and ")) }}
{%- endmacro %}

{#- The rows of touched sessions of a model that is a view on DuckDB. -#}
{% macro _spark_touched_rows(sql) -%}
    {%- set touching = _relation("intermediate", config.get("meta")["touched"]["by"]) -%}
    select *
    from ({{ _views()[model.name](touching) if model.name in _views() else sql }}) as all_rows
    where (project_id, session_id) in (select project_id, session_id from {{ touching }})
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
