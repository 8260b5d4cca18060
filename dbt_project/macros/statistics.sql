{#-
One bound of the 95% Wilson score interval (z = 1.96) of a share, n_hits of n; null if n is 0. Unlike the normal
approximation, it stays within 0 and 1 and is valid for small samples and rare hits (Wilson 1927).
-#}
{% macro wilson_low(n_hits, n) -%}
    {{ _wilson(n_hits, n, "-") }}
{%- endmacro %}

{% macro wilson_high(n_hits, n) -%}
    {{ _wilson(n_hits, n, "+") }}
{%- endmacro %}

{% macro _wilson(n_hits, n, sign) -%}
    {%- set z = 1.96 -%}
    {%- set share = "(cast(" ~ n_hits ~ " as double) / " ~ n ~ ")" -%}
    case
        when {{ n }} > 0
            then
                greatest(
                    0.0,
                    least(
                        1.0,
                        (
                            {{ share }} + {{ z * z }} / (2 * {{ n }})
                            {{ sign }} {{ z }} * sqrt(
                                greatest(0.0, {{ share }} * (1 - {{ share }})) / {{ n }}
                                + {{ z * z }} / (4.0 * {{ n }} * {{ n }})
                            )
                        ) / (1 + {{ z * z }} / {{ n }})
                    )
                )
    end
{%- endmacro %}

{#- Whether a share is based on too few observations; charts grey it out or omit it. -#}
{% macro is_small_cell(n) -%}
    ({{ n }} < 30)
{%- endmacro %}
