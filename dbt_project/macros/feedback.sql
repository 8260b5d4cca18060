{#- Whether a landed line is feedback and no event; contracts/events.py has the same name and beginning of ids. -#}
{% macro is_feedback() -%}
    (name = 'turret.feedback' and event_id like 'turret.feedback:%')
{%- endmacro %}

{#- The field under which comments of feedback have topics; contracts/events.py has the same. No field of metadata has it. -#}
{% macro comment_field() -%}
    'turret.feedback.comment'
{%- endmacro %}

{#- The value of a key of a JSON object as text; null if there is none. -#}
{% macro value_of_key(json_column, key) -%}
    {{ return(adapter.dispatch("value_of_key", "turret")(json_column, key)) }}
{%- endmacro %}

{% macro duckdb__value_of_key(json_column, key) -%}
    ({{ json_column }} ->> '$.{{ key }}')
{%- endmacro %}

{% macro spark__value_of_key(json_column, key) -%}
    get_json_object({{ json_column }}, '$.{{ key }}')
{%- endmacro %}
