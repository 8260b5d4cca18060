{#-
The scalars of a JSON object, as two queries of the same columns with one row per scalar: `alone_scalars` gives those
whose field can have no other value in the object, `nested_scalars` the others. The key columns and

    field        names of the objects' keys on the way, joined by dots; places in arrays are no part of it
    kind         string, number or boolean; nulls have no row
    value        the scalar as text, strings without their quotes
    position     places on the way below the first level, to order the values of one field as the document does; null if alone
    is_element   whether it stands in an array itself

Keys are user-chosen: they are only ever data here. Values of the first level come from a map of it; what lies deeper, and
keys with a dot, which may name the same field, go through a recursion of their own, so that flat objects never pay for
it, nor for being kept until that is done. Measured on 1,000,000 objects of 6 scalars (CPU s): 2.6, and 4.5 where both
are one query that is read twice; 9 with everything in the recursion; json_each all the way 6.9. json_tree would also be
wrong: its paths do not tell the key `a[0]` from an array's element.
-#}
{% macro alone_scalars(relation, json_column, key_columns) -%}
    {{ return(adapter.dispatch("alone_scalars", "turret")(relation, json_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__alone_scalars(relation, json_column, key_columns) -%}
    {%- set keys = key_columns | join(", ") -%}
    select
        {{ keys }},
        entry.key as field,
        {{ _json_kind('json_type(entry.value)') }} as kind,
        entry.value ->> '$' as value,
        cast(null as bigint[]) as position,
        false as is_element
    from (
        select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
        from {{ relation }}
    )
    where not contains(entry.key, '.') and json_type(entry.value) not in ('OBJECT', 'ARRAY', 'NULL')
{%- endmacro %}

{% macro nested_scalars(relation, json_column, key_columns) -%}
    {{ return(adapter.dispatch("nested_scalars", "turret")(relation, json_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__nested_scalars(relation, json_column, key_columns) -%}
    {%- set keys = key_columns | join(", ") -%}
    with recursive nodes as (
        select
            {{ keys }},
            entry.key as field,
            json_type(entry.value) as type,
            entry.value as value,
            cast([] as bigint[]) as position,
            false as is_element
        from (
            select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
            from {{ relation }}
            -- Without one of these characters after the first, nothing of what this branch is for can be there.
            where regexp_matches(substr(cast({{ json_column }} as varchar), 2), '[.{\[\\]')
        )
        where contains(entry.key, '.') or json_type(entry.value) in ('OBJECT', 'ARRAY')

        union all

        select
            {{ keys }},
            case when nodes.type = 'ARRAY' then nodes.field else nodes.field || '.' || child.key end as field,
            child.type,
            child.value,
            list_append(nodes.position, child.id) as position,
            nodes.type = 'ARRAY' as is_element
        from nodes, json_each(nodes.value) as child
        where nodes.type in ('OBJECT', 'ARRAY')
    )

    select
        {{ keys }},
        field,
        {{ _json_kind('type') }} as kind,
        value ->> '$' as value,
        position,
        is_element
    from nodes
    where type not in ('OBJECT', 'ARRAY', 'NULL')
{%- endmacro %}

{% macro _json_kind(type) -%}
    case {{ type }} when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' else 'number' end
{%- endmacro %}
