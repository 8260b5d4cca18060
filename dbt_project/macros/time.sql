{#- Seconds from one timestamp to another, exact to the microsecond, as a double. -#}
{% macro seconds_between(from_at, to_at) -%}
    {{ return(adapter.dispatch("seconds_between", "turret")(from_at, to_at)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(from_at, to_at) -%}
    (date_diff('microsecond', {{ from_at }}, {{ to_at }}) / 1e6)
{%- endmacro %}

{% macro spark__seconds_between(from_at, to_at) -%}
    (timestampdiff(microsecond, {{ from_at }}, {{ to_at }}) / 1e6)
{%- endmacro %}
