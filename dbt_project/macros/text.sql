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

{#-
A text as a finite double where all of it is a plain decimal number, else null. `nan`, `inf` and `1_000` are none; nor is
what a double would lose digits of: whole numbers beyond 2^53, and codes with zeros in front.
-#}
{% macro as_number(text) -%}
    {{ return(adapter.dispatch("as_number", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__as_number(text) -%}
    case
        when
            length({{ text }}) <= 64
            and regexp_full_match({{ text }}, '[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?')
            and isfinite(try_cast({{ text }} as double))
            and (
                length({{ text }}) < 16
                or abs(try_cast({{ text }} as double)) <= 9007199254740992
                or not regexp_full_match({{ text }}, '[+-]?[0-9]+')
            )
            then try_cast({{ text }} as double)
    end
{%- endmacro %}

{#- Whether a field's name says that its strings are versions, of which 1.10 is another than 1.1. -#}
{% macro is_version_field(field) -%}
    (
        ends_with(lower({{ field }}), 'version')
        or ends_with(lower({{ field }}), 'release')
        or ends_with(lower({{ field }}), 'build')
    )
{%- endmacro %}

{#- A short text as it is compared: without blanks around it, and composed, so that what looks alike is one value. -#}
{% macro as_compared(text) -%}
    {{ return(adapter.dispatch("as_compared", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__as_compared(text) -%}
    case
        when length({{ text }}) > 100 or regexp_full_match({{ text }}, '[!-~]+( [!-~]+)*') then {{ text }}
        else nfc_normalize(regexp_replace({{ text }}, '^[\s\pZ\pC]+|[\s\pZ\pC]+$', '', 'g'))
    end
{%- endmacro %}

{#- Whether a text is one run of visible ASCII characters: an id, a code, a version, an address, a single plain word. -#}
{% macro is_token(text) -%}
    {{ return(adapter.dispatch("is_token", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_token(text) -%}
    regexp_full_match({{ text }}, '[!-~]+')
{%- endmacro %}

{#- Whether a text is a JSON object or array, as programs pass on to one another. -#}
{% macro is_json_structure(text) -%}
    {{ return(adapter.dispatch("is_json_structure", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_structure(text) -%}
    (regexp_matches({{ text }}, '^\s*[\[{]') and json_valid({{ text }}))
{%- endmacro %}

{#- A text without its numbers and ids, in lower case: what machines say again and again is the same then. -#}
{% macro wording(text) -%}
    {{ return(adapter.dispatch("wording", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__wording(text) -%}
    regexp_replace(lower({{ text }}), '[0-9a-f]*[0-9][0-9a-f]*', '#', 'g')
{%- endmacro %}

{#- Characters of a text that words and sentences are made of: letters of any script, blanks, and common signs. -#}
{% macro word_characters(text) -%}
    {{ return(adapter.dispatch("word_characters", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__word_characters(text) -%}
    case when {{ is_token(text) }} then 0 else length(regexp_replace({{ text }}, '[^\pL\pM\s.,?!''’]', '', 'g')) end
{%- endmacro %}

{#- Words of a text, counted by its spaces. -#}
{% macro word_count(text) -%}
    (1 + length({{ text }}) - length(replace({{ text }}, ' ', '')))
{%- endmacro %}
