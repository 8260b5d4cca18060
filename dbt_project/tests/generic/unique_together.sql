{#- Fails for every combination of the columns that stands in more than one row. -#}
{% test unique_together(model, columns) %}
    select {{ columns | join(", ") }}, count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
