{#-
One end of the Wilson score interval of a share: n_hits of n, at 95 in 100 (z = 1.96), null where n is 0.
Unlike the plain interval it stays within 0 and 1 and is honest for few and for rare ones (Wilson 1927).
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

{#- Whether a share rests on too few to be read as one; shown greyed or left out by whoever draws it. -#}
{% macro is_small_cell(n) -%}
    ({{ n }} < 30)
{%- endmacro %}
