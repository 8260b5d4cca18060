{#- Fails for every row whose columns name no row of the other table; with a null among them they name nothing. -#}
{% test belongs_to(model, columns, to, to_columns=none) %}
    {%- set to_columns = to_columns or columns %}
    {#- What stands for the model may be a query with a name of its own, which cannot be given another. #}
    with child as (
        select * from {{ model }}
    )

    select child.{{ columns | join(", child.") }}
    from child
    where
        {% for column in columns %}
            child.{{ column }} is not null and
        {% endfor %}
        not exists (
            select 1
            from {{ to }} as parent
            where
                {% for column in columns %}
                    parent.{{ to_columns[loop.index0] }} = child.{{ column }}{{ " and" if not loop.last }}
                {% endfor %}
        )
{% endtest %}
