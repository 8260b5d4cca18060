{#- Fails for every row in which one of the columns is null: one query for many columns, since each query costs start-up. -#}
{% test never_null(model, columns) %}
    select {{ columns | join(", ") }}
    from {{ model }}
    where
        {% for column in columns %}
            {{ column }} is null{{ " or" if not loop.last }}
        {% endfor %}
{% endtest %}
