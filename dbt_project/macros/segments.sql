{#- A field of more different values than `most_values` is an id, and beyond `most_named` segments nobody reads on. -#}
{% macro segment_limit(name) -%}
    {{ return({"most_values": 1000, "most_named": 20}[name]) }}
{%- endmacro %}
