{#- Schemas have plain names (`marts`) without the target's name as a prefix, as readers and contracts expect. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
