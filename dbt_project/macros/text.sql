{#- Whether a text has no visible character: only blanks of any script, zero-width marks and control characters. -#}
{% macro is_blank(text) -%}
    {{ return(adapter.dispatch("is_blank", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    not ({{ _begins_visibly(text) }} or regexp_matches({{ text }}, '[^\s\p{Z}\p{C}]'))
{%- endmacro %}

{#- Whether a text begins with a visible ASCII character, as nearly all do: spares them a search by pattern. -#}
{% macro _begins_visibly(text) -%}
    ({{ text }} >= '!' and {{ text }} < chr(127))
{%- endmacro %}

{#- Whether an id is a placeholder that programs send without one: undefined, null, [object Object], or nothing visible. -#}
{% macro is_placeholder_id(id) -%}
    (lower(trim({{ id }})) in ('{{ var("placeholder_ids") | join("', '") }}') or {{ is_blank(id) }})
{%- endmacro %}

{#- The id of an event's session or user if the app sent none; always the same for the same event. -#}
{% macro made_id(kind, event_id) -%}
    '{{ kind }}_' || {{ text_hash(event_id) }}
{%- endmacro %}

{#-
A text as a finite double if all of it is a plain decimal number, else null. `nan`, `inf` and `1_000` are not numbers. Nor
are texts of which a double would lose digits: integers beyond 2^53, and codes with leading zeros.
-#}
{% macro as_number(text) -%}
    {{ return(adapter.dispatch("as_number", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__as_number(text) -%}
    case
        when
            {{ text }} >= '+'
            and {{ text }} < ':'
            and length({{ text }}) <= 64
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

{#- The same for a JSON number, which only needs the full check if it is long or has an exponent. -#}
{% macro json_number(text) -%}
    case
        when length({{ text }}) < 16 and lower({{ text }}) not like '%e%' then cast({{ text }} as double)
        else {{ as_number(text) }}
    end
{%- endmacro %}

{#- Whether a field's name says that its strings are versions: 1.10 is not the same version as 1.1. -#}
{% macro is_version_field(field) -%}
    (
        ends_with(lower({{ field }}), 'version')
        or ends_with(lower({{ field }}), 'release')
        or ends_with(lower({{ field }}), 'build')
    )
{%- endmacro %}

{#- A short text for comparison: trimmed and in NFC, so that values that look the same are equal. -#}
{% macro as_compared(text) -%}
    {{ return(adapter.dispatch("as_compared", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__as_compared(text) -%}
    case
        when length({{ text }}) > 100 then {{ text }}
        when
            strlen({{ text }}) = length({{ text }})
            and {{ _begins_visibly(text) }}
            and {{ _begins_visibly("right(" ~ text ~ ", 1)") }}
            then {{ text }}
        else nfc_normalize(regexp_replace({{ text }}, '^[\s\pZ\pC]+|[\s\pZ\pC]+$', '', 'g'))
    end
{%- endmacro %}

{#- Whether a text is one run of visible ASCII characters: an id, a code, a version, a URL, a single word. -#}
{% macro is_token(text) -%}
    {{ return(adapter.dispatch("is_token", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_token(text) -%}
    regexp_full_match({{ text }}, '[!-~]+')
{%- endmacro %}

{#- Whether a text is a JSON object or array, as programs exchange them. -#}
{% macro is_json_structure(text) -%}
    {{ return(adapter.dispatch("is_json_structure", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_structure(text) -%}
    (regexp_matches({{ text }}, '^\s*[\[{]') and json_valid({{ text }}))
{%- endmacro %}

{#- A text without its numbers and ids, in lower case, so that repeated messages of machines are equal. -#}
{% macro wording(text) -%}
    {{ return(adapter.dispatch("wording", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__wording(text) -%}
    regexp_replace(lower({{ text }}), '[0-9a-f]*[0-9][0-9a-f]*', '#', 'g')
{%- endmacro %}

{#- The characters of a text that occur in words and sentences: letters of any script, blanks and common punctuation. -#}
{% macro word_characters(text) -%}
    {{ return(adapter.dispatch("word_characters", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__word_characters(text) -%}
    case when {{ is_token(text) }} then 0 else length(regexp_replace({{ text }}, '[^\pL\pM\s.,?!''’]', '', 'g')) end
{%- endmacro %}

{#- The number of words in a text, counted by its spaces. -#}
{% macro word_count(text) -%}
    (1 + length({{ text }}) - length(replace({{ text }}, ' ', '')))
{%- endmacro %}
