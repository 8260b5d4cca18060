-- One row per project: of one without texts, the enum field that looks most like short answers of people, as the pages
-- find it in dashboard/data/queries/short_answers.sql; null without such a field, or where a field holds texts.
with answers as (
    select
        project_id,
        field,
        count(distinct enum_value) as n_worded
    from marts.fct_event_values
    where enum_value is not null and regexp_matches(enum_value, '\pL{2}.* .*\pL{2}')
    group by project_id, field
    having count(distinct enum_value) >= 5
),

fields as (
    select
        fields.project_id,
        fields.effective_type,
        answers.n_worded,
        if(answers.n_worded > 0, fields.field, null) as field,
        format('{:,}', fields.n_distinct_values) as n_distinct_values
    from marts.dim_fields as fields
    left join answers on fields.project_id = answers.project_id and fields.field = answers.field
)

select
    project_id,
    if(
        bool_or(effective_type = 'text'), null, first(field order by n_worded desc nulls last, field asc)
    ) as field,
    first(n_distinct_values order by n_worded desc nulls last, field asc) as n_distinct_values
from fields
group by project_id
