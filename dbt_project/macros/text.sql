{#- Whether a text has no visible character: only blanks of any script, zero-width marks and control characters. -#}
{% macro is_blank(text) -%}
    {{ return(adapter.dispatch("is_blank", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    not ({{ _begins_visibly(text) }} or regexp_matches({{ text }}, '[^\s\p{Z}\p{C}]'))
{%- endmacro %}

{#- Java's class C has characters that are not assigned, and RE2's has not. -#}
{% macro spark__is_blank(text) -%}
    not ({{ _begins_visibly(text) }} or {{ text }} rlike r'[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Co}]')
{%- endmacro %}

{#- Whether a text begins with a visible ASCII character, as nearly all do: spares them a search by pattern. -#}
{% macro _begins_visibly(text) -%}
    ({{ text }} >= '!' and {{ text }} < chr(127))
{%- endmacro %}

{#- Whether an id is a placeholder that programs send without one: undefined, null, [object Object], or nothing visible. -#}
{% macro is_placeholder_id(id) -%}
    ({{ lower_case(trimmed(id)) }} in ('{{ var("placeholder_ids") | join("', '") }}') or {{ is_blank(id) }})
{%- endmacro %}

{#- Whether a text stands for one that was removed; orchestration/ingest/erasure/removed_texts.py writes them. -#}
{% macro is_removed_text(text) -%}
    left({{ text }}, 13) = '‹text removed'
{%- endmacro %}

{#- Whether the removed text was one of a session that asked for the same topic in other words. -#}
{% macro is_removed_rewording(text) -%}
    left({{ text }}, 23) = '‹text removed, reworded'
{%- endmacro %}

{#- A text as people see it. -#}
{% macro shown_text(text) -%}
    case when {{ is_removed_text(text) }} then '‹text removed›' else {{ text }} end
{%- endmacro %}

{#- A text without the spaces of any script at its ends; line breaks and tabs stay. -#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch("trimmed", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}

{% macro spark__trimmed(text) -%}
    regexp_replace({{ text }}, r'\A\p{Zs}+|\p{Zs}+\z', '')
{%- endmacro %}

{#- A text in lower case, each letter by itself. -#}
{% macro lower_case(text) -%}
    {{ return(adapter.dispatch("lower_case", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{#- Java makes two characters of the first letter, and another one of the second at the end of a word. -#}
{% macro spark__lower_case(text) -%}
    lower(translate({{ text }}, 'İΣ', 'iσ'))
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

{% macro spark__as_number(text) -%}
    case
        when
            {{ text }} >= '+'
            and {{ text }} < ':'
            and length({{ text }}) <= 64
            and {{ text }} rlike r'\A[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\z'
            and abs(try_cast({{ text }} as double)) < double('infinity')
            and (
                length({{ text }}) < 16
                or abs(try_cast({{ text }} as double)) <= 9007199254740992
                or not {{ text }} rlike r'\A[+-]?[0-9]+\z'
            )
            then try_cast({{ text }} as double)
    end
{%- endmacro %}

{#- The same for a JSON number, which only needs the full check if it is long or has an exponent. -#}
{% macro json_number(text) -%}
    case
        when length({{ text }}) < 16 and not contains({{ text }}, 'e') and not contains({{ text }}, 'E') then cast({{ text }} as double)
        else {{ as_number(text) }}
    end
{%- endmacro %}

{#- Whether a field's name says that its strings are versions: 1.10 is not the same version as 1.1. -#}
{% macro is_version_field(field) -%}
    (
        {{ lower_case(field) }} like '%version'
        or {{ lower_case(field) }} like '%release'
        or {{ lower_case(field) }} like '%build'
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

{#- Only texts with other characters than ASCII are handed to `compared_text`, which orchestration/spark/functions.py registers. -#}
{% macro spark__as_compared(text) -%}
    case
        when length({{ text }}) > 100 then {{ text }}
        when octet_length({{ text }}) = length({{ text }})
            then regexp_replace({{ text }}, r'\A[\x00-\x20\x7f]+|[\x00-\x20\x7f]+\z', '')
        else compared_text(
            case when length({{ text }}) <= 100 and octet_length({{ text }}) > length({{ text }}) then {{ text }} end
        )
    end
{%- endmacro %}

{#- Whether a text is one run of visible ASCII characters: an id, a code, a version, a URL, a single word. -#}
{% macro is_token(text) -%}
    {{ return(adapter.dispatch("is_token", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_token(text) -%}
    case when contains({{ text }}, ' ') then false else regexp_full_match({{ text }}, '[!-~]+') end
{%- endmacro %}

{% macro spark__is_token(text) -%}
    {{ text }} rlike r'\A[!-~]+\z'
{%- endmacro %}

{#- Whether a text is a JSON object or array, as programs exchange them. -#}
{% macro is_json_structure(text) -%}
    {{ return(adapter.dispatch("is_json_structure", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_structure(text) -%}
    (regexp_matches({{ text }}, '^\s*[\[{]') and json_valid({{ text }}))
{%- endmacro %}

{#- orchestration/spark/functions.py registers `json_structure`, which gets only texts that begin like one. -#}
{% macro spark__is_json_structure(text) -%}
    coalesce(json_structure(case when {{ text }} rlike r'\A[\t\n\f\r ]*[\[{]' then {{ text }} end), false)
{%- endmacro %}

{#- A text without its numbers and ids, in lower case, so that repeated messages of machines are equal. -#}
{% macro wording(text) -%}
    {{ return(adapter.dispatch("wording", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__wording(text) -%}
    regexp_replace(lower({{ text }}), '[0-9a-f]*[0-9][0-9a-f]*', '#', 'g')
{%- endmacro %}

{#- The same matches, in a time that does not grow with the square of a text's length. -#}
{% macro spark__wording(text) -%}
    regexp_replace({{ lower_case(text) }}, '(?<![a-f])[a-f]*+[0-9][0-9a-f]*', '#')
{%- endmacro %}

{#- The characters of a text that occur in words and sentences: letters of any script, blanks and common punctuation. -#}
{% macro word_characters(text) -%}
    {{ return(adapter.dispatch("word_characters", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__word_characters(text) -%}
    case when {{ is_token(text) }} then 0 else length(regexp_replace({{ text }}, '[^\pL\pM\s.,?!''’]', '', 'g')) end
{%- endmacro %}

{% macro spark__word_characters(text) -%}
    case
        when {{ is_token(text) }} then 0
        else length(regexp_replace({{ text }}, r'[^\p{L}\p{M}\t\n\f\r .,?!\x27’]', ''))
    end
{%- endmacro %}

{#- The number of words in a text, counted by its spaces. -#}
{% macro word_count(text) -%}
    (1 + length({{ text }}) - length(replace({{ text }}, ' ', '')))
{%- endmacro %}

{#-
Whether one text has at least this share (0 to 1) of the different words of the other, counted in the one with fewer
words. Letters of scripts without spaces are words of their own.
-#}
{% macro share_words(text, other, least_share) -%}
    {{ return(adapter.dispatch("share_words", "turret")(text, other, least_share)) }}
{%- endmacro %}

{% macro duckdb__share_words(text, other, least_share) -%}
    len(list_intersect({{ different_words(text) }}, {{ different_words(other) }}))
    >= greatest(1, {{ least_share }} * least(len({{ different_words(text) }}), len({{ different_words(other) }})))
{%- endmacro %}

{% macro spark__share_words(text, other, least_share) -%}
    size(array_intersect({{ different_words(text) }}, {{ different_words(other) }}))
    >= greatest(1, {{ least_share }} * least(size({{ different_words(text) }}), size({{ different_words(other) }})))
{%- endmacro %}

{#- The different words of a text, in lower case. -#}
{% macro different_words(text) -%}
    {{ return(adapter.dispatch("different_words", "turret")(text)) }}
{%- endmacro %}

{% macro duckdb__different_words(text) -%}
    list_distinct(
        regexp_extract_all(
            {{ lower_case(text) }},
            '[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}\p{N}]+'
        )
    )
{%- endmacro %}

{% macro spark__different_words(text) -%}
    array_distinct(
        regexp_extract_all(
            {{ lower_case(text) }},
            r'[\p{IsHan}\p{IsHiragana}\p{IsKatakana}\p{IsThai}\p{IsLao}\p{IsKhmer}\p{IsMyanmar}]|[\p{L}\p{M}\p{N}]+',
            0
        )
    )
{%- endmacro %}
