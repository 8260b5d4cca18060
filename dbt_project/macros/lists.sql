{#- Lists differ from engine to engine, so every model creates and reads them through these macros. -#}

{#- The values of a column in the order of another, without nulls. -#}
{% macro list_in_order(value, order_by) -%}
    {{ return(adapter.dispatch("list_in_order", "turret")(value, order_by)) }}
{%- endmacro %}

{% macro duckdb__list_in_order(value, order_by) -%}
    list({{ value }} order by {{ order_by }}) filter (where {{ value }} is not null)
{%- endmacro %}

{#- The texts of a column in the order of another, joined by a separator. -#}
{% macro text_in_order(value, separator, order_by) -%}
    {{ return(adapter.dispatch("text_in_order", "turret")(value, separator, order_by)) }}
{%- endmacro %}

{% macro duckdb__text_in_order(value, separator, order_by) -%}
    string_agg({{ value }}, {{ separator }} order by {{ order_by }})
{%- endmacro %}

{#- An empty list of texts. -#}
{% macro empty_list() -%}
    {{ return(adapter.dispatch("empty_list", "turret")()) }}
{%- endmacro %}

{% macro duckdb__empty_list() -%}
    cast([] as varchar[])
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

{#- The value of a group in which all values are equal. -#}
{% macro any_value_of(column) -%}
    any_value({{ column }})
{%- endmacro %}
