{#- Lists differ from engine to engine, so every model creates and reads them through these macros. -#}

{#- The values of a column in the order of another, without nulls. -#}
{% macro list_in_order(value, order_by) -%}
    {{ return(adapter.dispatch("list_in_order", "turret")(value, order_by)) }}
{%- endmacro %}

{% macro duckdb__list_in_order(value, order_by) -%}
    list({{ value }} order by {{ order_by }}) filter (where {{ value }} is not null)
{%- endmacro %}

{#- A group without values has an empty list here, but none in DuckDB. -#}
{% macro spark__list_in_order(value, order_by) -%}
    nullif(
        transform(
            array_sort(collect_list(struct({{ order_by }} as place, {{ value }} as value)) filter (where {{ value }} is not null)),
            placed -> placed.value
        ),
        array()
    )
{%- endmacro %}

{#- The texts of a column in the order of another, joined by a separator. -#}
{% macro text_in_order(value, separator, order_by) -%}
    {{ return(adapter.dispatch("text_in_order", "turret")(value, separator, order_by)) }}
{%- endmacro %}

{% macro duckdb__text_in_order(value, separator, order_by) -%}
    string_agg({{ value }}, {{ separator }} order by {{ order_by }})
{%- endmacro %}

{% macro spark__text_in_order(value, separator, order_by) -%}
    listagg({{ value }}, {{ separator }}) within group (order by {{ order_by }})
{%- endmacro %}

{#- An empty list of texts. -#}
{% macro empty_list() -%}
    {{ return(adapter.dispatch("empty_list", "turret")()) }}
{%- endmacro %}

{% macro duckdb__empty_list() -%}
    cast([] as varchar[])
{%- endmacro %}

{% macro spark__empty_list() -%}
    cast(array() as array<string>)
{%- endmacro %}

{#- One row per element of a list: columns `element` and `element_index` (from 1) beside the key columns. -#}
{% macro list_elements(relation, list_column, key_columns) -%}
    {{ return(adapter.dispatch("list_elements", "turret")(relation, list_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__list_elements(relation, list_column, key_columns) -%}
    select
        {{ key_columns | join(", ") }},
        unnest({{ list_column }}) as element,
        generate_subscripts({{ list_column }}, 1) as element_index
    from {{ relation }}
{%- endmacro %}

{% macro spark__list_elements(relation, list_column, key_columns) -%}
    select
        {{ key_columns | join(", ") }},
        found.element,
        found.place + 1 as element_index
    from {{ relation }}
    lateral view posexplode({{ list_column }}) found as place, element
{%- endmacro %}

{#- The last value of a window that is not null; `over` follows. -#}
{% macro last_known(column) -%}
    {{ return(adapter.dispatch("last_known", "turret")(column)) }}
{%- endmacro %}

{% macro duckdb__last_known(column) -%}
    last_value({{ column }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(column) -%}
    last_value({{ column }}) ignore nulls
{%- endmacro %}

{#- The value of a group in which all values are equal. -#}
{% macro any_value_of(column) -%}
    any_value({{ column }})
{%- endmacro %}
