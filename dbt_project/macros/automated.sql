{#- When sessions are a machine's: docs/marts.md says what the limits mean. -#}
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
