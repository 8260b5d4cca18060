{#-
All constraints of a table in one test, because a statement costs dbt more than most of these cost the engine. It returns
one row per broken constraint with the number of violations; the failures of the test are their sum.

    unique            Sets of columns whose combination occurs only once.
    not_null          Columns that are never null.
    accepted_values   Values that a column may have; nulls are ignored.
    relationships     Columns that refer to a row of another table; rows with a null among them are ignored.

An entry of the lists of sets may have its own `where`. An entry of `unique` with `implied_by`, the tables whose keys make it
unique, is tested by `dbt test` alone, because a build tests those keys. In a pipeline run, only touched rows are checked
(macros/touched.sql), and for `unique` also other rows that share a key with them.

If all rows are checked, they are read once: as conditions and as digests of keys, a third as wide as the keys
themselves. Keys with a repeated digest, which are few, are then compared by their columns.
-#}
{% test constraints_hold(model, unique=[], not_null=[], accepted_values={}, relationships=[]) %}
    {{ config(fail_calc="coalesce(sum(n_rows), 0)") }}
    {%- set touched = touched_rows() %}
    {%- set conditions = [] %}
    {%- for column in not_null %}
        {%- do conditions.append(("not_null", column, column ~ " is null")) %}
    {%- endfor %}
    {%- for column, values in accepted_values.items() %}
        {%- do conditions.append(("accepted_values", column, column ~ " not in ('" ~ values | join("', '") ~ "')")) %}
    {%- endfor %}
    {%- set keys = [] %}
    {%- for entry in unique if flags.WHICH != "build" or not entry.get("implied_by") %}
        {%- do keys.append(entry) %}
    {%- endfor %}
    with
    {%- if touched %}
        touched_rows as (
            {{ touched }}
        ),
    {%- endif %}
    tested as {{ computed_once(is_tested_view()) }} (
        select
            {%- for _, _, condition in conditions %}
                {{ condition }} as condition_{{ loop.index }},
            {%- endfor %}
            {%- if not touched %}
                {%- for entry in keys %}
                    case when {{ entry.get("where", "true") }} then {{ key_digest(entry["columns"]) }} end as key_{{ loop.index }},
                {%- endfor %}
            {%- endif %}
            {%- for entry in relationships %}
                case
                    when {{ entry.get("where", "true") }} and {{ entry["columns"] | join(" is not null and ") }} is not null
                        then {{ key_digest(entry["columns"]) }}
                end as reference_{{ loop.index }},
            {%- endfor %}
            true as is_there
        from {{ "touched_rows" if touched else model }}
    ),
    {%- if conditions %}
        counted as (
            select
                {%- for _ in conditions %}
                    sum(case when condition_{{ loop.index }} then 1 else 0 end) as condition_{{ loop.index }}{{ "," if not loop.last }}
                {%- endfor %}
            from tested
        ),
    {%- endif %}
    broken as (
        {%- for entry in keys %}
            select
                'unique' as rule,
                '{{ entry["columns"] | join(", ") }}' as column_names,
                count(*) as n_rows
            from (
                select 1 as one
                from {{ rows_with_keys_of("touched_rows", entry["columns"]) if touched else model }}
                where
                    {{ entry.get("where", "true") }}
                    {%- if not touched %}
                        and {{ key_digest(entry["columns"]) }} in (
                            select key_{{ loop.index }} from tested group by key_{{ loop.index }} having count(*) > 1
                        )
                    {%- endif %}
                group by {{ entry["columns"] | join(", ") }}
                having count(*) > 1
            ) as repeated
            {{ "union all" if not loop.last or conditions or relationships }}
        {%- endfor %}
        {%- if conditions %}
            select
                conditions.rule,
                conditions.column_names,
                case conditions.number
                    {%- for _ in conditions %}
                        when {{ loop.index }} then counted.condition_{{ loop.index }}
                    {%- endfor %}
                end as n_rows
            from counted
            cross join (
                values
                {%- for rule, column, _ in conditions %}
                    ({{ loop.index }}, '{{ rule }}', '{{ column }}'){{ "," if not loop.last }}
                {%- endfor %}
            ) as conditions (number, rule, column_names)
            {{ "union all" if relationships }}
        {%- endif %}
        {%- for entry in relationships %}
            select
                'relationships' as rule,
                '{{ entry["columns"] | join(", ") }}' as column_names,
                count(*) as n_rows
            from tested
            where
                reference_{{ loop.index }} is not null
                and {{ is_missing_reference(
                    "reference_" ~ loop.index,
                    key_digest(entry.get("to_columns", entry["columns"])),
                    referred_rows(entry["to"]) if touched else entry["to"]
                ) }}
            {{ "union all" if not loop.last }}
        {%- endfor %}
    )

    select
        rule,
        column_names,
        n_rows
    from broken
    where n_rows > 0
{% endtest %}
