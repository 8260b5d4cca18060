-- One row per project: if it has no texts, the enum field that looks most like short answers of people, as in
-- dashboard/data/queries/short_answers.sql. Null without such a field, or if the project has texts; then its values are
-- not read.
with textless as (
    select project_id
    from marts.dim_fields
    group by project_id
    having not bool_or(effective_type = 'text')
),

answers as (
    select
        project_id,
        field,
        count(*) as n_worded
    from intermediate.int_field_values__first_seen
    where
        project_id in (select textless.project_id from textless)
        and regexp_matches(value, '\pL{2}.* .*\pL{2}')
    group by project_id, field
    having count(*) >= 5
),

fields as (
    select
        fields.project_id,
        answers.n_worded,
        if(answers.n_worded > 0, fields.field, null) as field,
        format('{:,}', fields.n_distinct_values) as n_distinct_values
    from marts.dim_fields as fields
    left join answers
        on
            fields.project_id = answers.project_id
            and fields.field = answers.field
            and fields.effective_type = 'enum'
)

select
    project_id,
    first(field order by n_worded desc nulls last, field asc) as field,
    first(n_distinct_values order by n_worded desc nulls last, field asc) as n_distinct_values
from fields
group by project_id
