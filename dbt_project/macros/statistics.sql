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
    {#- Doubles: Spark rounds a quotient of decimals. -#}
    {%- set z = "1.96e0" -%}
    {%- set z_squared = (1.96 * 1.96) ~ "e0" -%}
    {%- set share = "(cast(" ~ n_hits ~ " as double) / " ~ n ~ ")" -%}
    case
        when {{ n }} > 0
            then
                greatest(
                    0e0,
                    least(
                        1e0,
                        (
                            {{ share }} + {{ z_squared }} / (2 * {{ n }})
                            {{ sign }} {{ z }} * sqrt(
                                greatest(0e0, {{ share }} * (1 - {{ share }})) / {{ n }}
                                + {{ z_squared }} / (4e0 * {{ n }} * {{ n }})
                            )
                        ) / (1 + {{ z_squared }} / {{ n }})
                    )
                )
    end
{%- endmacro %}

{#- Whether a share is based on too few observations; charts grey it out or omit it. -#}
{% macro is_small_cell(n) -%}
    ({{ n }} < 30)
{%- endmacro %}
