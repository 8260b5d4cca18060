{#-
How a field's type is detected from its values: the limits, the first rule that fits, and the type and reason of each rule.
docs/marts.md explains the limits. The macros read the counts of `int_field_windows__judged` by name. They are applied to
a window of a field's values and, as long as no window is evidence, to all values.
-#}
{% macro field_limit(name) -%}
    {{ return({
        "min_number_share": 0.95,
        "min_token_share": 0.9,
        "min_short_share": 0.95,
        "max_short_characters": 40,
        "max_short_words": 3,
        "max_enum_values": 20,
        "max_distinct_share": 0.05,
        "min_repeats": 3,
        "min_worded_share": 0.9,
        "min_talk_share": 0.5,
        "window_values": 50,
        "min_evidence_values": 25,
    }[name]) }}
{%- endmacro %}

{#- The first rule that the counts fit. -#}
{% macro field_rule() -%}
    case
        when n_booleans = n_values then 'booleans'
        when
            n_elements > n_values * 0.5
            and (
                n_short >= n_values * {{ field_limit("min_short_share") }}
                or n_tokens >= n_values * {{ field_limit("min_token_share") }}
                or (
                    n_distinct_values
                    <= greatest({{ field_limit("max_enum_values") }}, n_values * {{ field_limit("max_distinct_share") }})
                    and n_values >= n_distinct_values * {{ field_limit("min_repeats") }}
                )
            )
            then 'arrays'
        when n_numbers = n_values then 'numbers'
        when n_numbers >= n_values * {{ field_limit("min_number_share") }} then 'nearly_numbers'
        when
            n_short >= n_values * {{ field_limit("min_short_share") }}
            and n_distinct_values
            <= greatest({{ field_limit("max_enum_values") }}, n_values * {{ field_limit("max_distinct_share") }})
            and n_values >= n_distinct_values * {{ field_limit("min_repeats") }}
            then 'few_short'
        when
            n_short >= n_values * {{ field_limit("min_short_share") }}
            and n_new_values <= n_values * {{ field_limit("max_distinct_share") }}
            then 'known_short'
        when n_tokens >= n_values * {{ field_limit("min_token_share") }} then 'tokens'
        else 'rest'
    end
{%- endmacro %}

{% macro field_type_of_rule(rule) -%}
    case
        when {{ rule }} in ('numbers', 'nearly_numbers') then 'number'
        when {{ rule }} = 'rest' then 'text'
        else 'enum'
    end
{%- endmacro %}

{% macro field_reason(rule) -%}
    case {{ rule }}
        when 'booleans' then 'Every value is true or false; ' || n_values || ' seen'
        when 'arrays'
            then
                n_elements || ' of ' || n_values || ' values are in arrays; '
                || 'each element counts as a value'
        when 'numbers' then 'Every value is a number; ' || n_values || ' seen'
        when 'nearly_numbers'
            then n_numbers || ' of ' || n_values || ' values seen are numbers; the others are too few to count'
        when 'few_short'
            then 'Few short values that repeat: ' || n_distinct_values || ' different, ' || n_values || ' seen'
        when 'known_short'
            then 'Short values, nearly all known from before: ' || n_new_values || ' new, ' || n_values || ' seen'
        when 'tokens'
            then
                'Single words, codes or ids: ' || n_distinct_values || ' different, ' || n_values || ' seen; '
                || 'useful as a filter, not for topics'
        else
            'Written language: ' || n_distinct_values || ' different, ' || n_values || ' seen, '
            || (n_values - n_short) || ' longer than {{ field_limit("max_short_words") }} words or '
            || '{{ field_limit("max_short_characters") }} characters'
    end
{%- endmacro %}
