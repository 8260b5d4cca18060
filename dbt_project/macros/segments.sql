{#- A field of more different values than `max_values` is an id, and beyond `max_named` segments nobody reads on. -#}
{% macro segment_limit(name) -%}
    {{ return({"max_values": 1000, "max_named": 20}[name]) }}
{%- endmacro %}
