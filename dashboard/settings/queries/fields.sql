-- One row per metadata field with the reason for its type and its most frequent values, those with the most values
-- first.
with counted as (
    select
        field,
        enum_value,
        count(*) as n_values
    from marts.fct_event_values
    where project_id = $project_id and enum_value is not null
    group by field, enum_value
),

ranked as (
    select
        field,
        enum_value,
        n_values,
        row_number() over (partition by field order by n_values desc, enum_value asc) as place
    from counted
),

samples as (
    select
        field,
        list(enum_value order by place) as samples
    from ranked
    where place <= 5
    group by field
),

numbers as (
    select
        field,
        min(number_value) as least,
        max(number_value) as greatest
    from marts.fct_event_values
    where project_id = $project_id and number_value is not null
    group by field
),

texts as (
    select
        field,
        any_value(left(text, 120)) as sample_text
    from marts.fct_messages
    where project_id = $project_id
    group by field
)

select
    fields.field,
    fields.detected_type,
    fields.override_type,
    fields.effective_type,
    fields.reason,
    fields.n_values,
    fields.n_distinct_values,
    fields.is_journey_field,
    samples.samples,
    numbers.least,
    numbers.greatest,
    texts.sample_text
from marts.dim_fields as fields
left join samples on fields.field = samples.field
left join numbers on fields.field = numbers.field
left join texts on fields.field = texts.field
where fields.project_id = $project_id
order by fields.n_values desc, fields.field asc
limit 200
