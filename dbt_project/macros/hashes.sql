{#- The first 32 hexadecimal digits of a text's SHA-256: enough for 2^64 texts, at half the width. -#}
{% macro text_hash(text) -%}
    {{ return(adapter.dispatch("text_hash", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__text_hash(text) -%}
    left(sha256({{ text }}), 32)
{%- endmacro %}

{% macro spark__text_hash(text) -%}
    left(sha2({{ text }}, 256), 32)
{%- endmacro %}

{#- The same for the elements of a list, in order. Elements are ids, so they cannot contain the unit separator. -#}
{% macro list_hash(list) -%}
    {{ return(adapter.dispatch("list_hash", "turret")(list)) }}
{%- endmacro %}

{% macro duckdb__list_hash(list) -%}
    left(sha256(array_to_string({{ list }}, chr(31))), 32)
{%- endmacro %}

{% macro spark__list_hash(list) -%}
    left(sha2(array_join({{ list }}, chr(31)), 256), 32)
{%- endmacro %}

{#- A number for a key of several columns. Two keys collide in about one of 10,000 tables of 60 million rows. -#}
{% macro key_digest(columns) -%}
    {{ return(adapter.dispatch("key_digest", "turret")(columns)) }}
{%- endmacro %}

{% macro duckdb__key_digest(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}

{% macro spark__key_digest(columns) -%}
    xxhash64({{ columns | join(", ") }})
{%- endmacro %}
