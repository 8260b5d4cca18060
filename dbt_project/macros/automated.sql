{#- Limits for automated sessions; docs/marts.md explains them. -#}
{% macro automated_limit(name) -%}
    {{ return({
        "min_messages": 50,
        "beat_tolerance": 0.1,
        "min_beat_share": 0.8,
        "min_beat_time_share": 0.1,
        "min_other_sessions": 20,
        "max_wordings": 10,
    }[name]) }}
{%- endmacro %}
