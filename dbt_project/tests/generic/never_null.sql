{#- Fails for every row in which one of the columns is null; one query for all columns, as each query has its price. -#}
{% test never_null(model, columns) %}
    select {{ columns | join(", ") }}
    from {{ model }}
    where
        {% for column in columns %}
            {{ column }} is null{{ " or" if not loop.last }}
        {% endfor %}
{% endtest %}
