{#- Schemas carry their own names (`marts`), without the target's name before them: readers and contracts know them so. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
