-- At most one row: the project's enum field that looks most like short answers of people, with its longest values.
with said as (
    select
        field,
        enum_value,
        count(*) as n_values
    from marts.fct_event_values
    where project_id = $project_id and enum_value is not null and regexp_matches(enum_value, '\pL{2}.* .*\pL{2}')
    group by field, enum_value
),

answers as (
    select
        field,
        count(*) as n_worded,
        max_by(enum_value, length(enum_value), 3) as samples
    from said
    group by field
)

select
    answers.field,
    fields.n_distinct_values,
    answers.samples
from answers
inner join marts.dim_fields as fields
    on answers.field = fields.field and fields.project_id = $project_id
where answers.n_worded >= 5
order by answers.n_worded desc, answers.field asc
limit 1
