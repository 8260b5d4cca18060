{#- Whether a text has no character that can be seen: blanks of any script, zero-width marks and controls only. -#}
{% macro is_blank(text) -%}
    {{ return(adapter.dispatch("is_blank", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    not regexp_matches({{ text }}, '[^\s\p{Z}\p{C}]')
{%- endmacro %}

{#- Whether an id is what programs send where they have none: undefined, null, [object Object], or nothing to be seen. -#}
{% macro is_placeholder_id(id) -%}
    (lower(trim({{ id }})) in ('{{ var("placeholder_ids") | join("', '") }}') or {{ is_blank(id) }})
{%- endmacro %}

{#- The id that stands for an event's session or user where the app gave none; the same for the same event for ever. -#}
{% macro made_id(kind, event_id) -%}
    '{{ kind }}_' || {{ text_hash(event_id) }}
{%- endmacro %}

{#- A text as a finite double where all of it is a plain decimal number, else null (`nan`, `inf` and `1_000` are none). -#}
{% macro as_number(text) -%}
    {{ return(adapter.dispatch("as_number", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__as_number(text) -%}
    case
        when
            length({{ text }}) <= 64
            and regexp_full_match({{ text }}, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?')
            and isfinite(try_cast({{ text }} as double))
            then try_cast({{ text }} as double)
    end
{%- endmacro %}

{#- Whether a text is one run of visible ASCII characters: an id, a code, a version, an address, a single plain word. -#}
{% macro is_token(text) -%}
    {{ return(adapter.dispatch("is_token", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_token(text) -%}
    regexp_full_match({{ text }}, '[!-~]+')
{%- endmacro %}

{#- Words of a text, counted by its spaces. -#}
{% macro word_count(text) -%}
    (1 + length({{ text }}) - length(replace({{ text }}, ' ', '')))
{%- endmacro %}
