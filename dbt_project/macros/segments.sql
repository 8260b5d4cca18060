{#- A field with more than `max_values` distinct values is an id, and nobody reads more than `max_named` segments. -#}
{% macro segment_limit(name) -%}
    {{ return({"max_values": 1000, "max_named": 20}[name]) }}
{%- endmacro %}
