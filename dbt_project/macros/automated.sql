{#- When sessions are a machine's: docs/marts.md says what the limits mean. -#}
{% macro automated_limit(name) -%}
    {{ return({
        "least_messages": 50,
        "beat_tolerance": 0.1,
        "least_beat_share": 0.8,
        "least_beat_time_share": 0.1,
        "least_other_sessions": 20,
        "most_wordings": 10,
    }[name]) }}
{%- endmacro %}
