-- Values of text fields, and comments, from before the oldest day of texts that are still there.
with texts as (
    select
        event_values.project_id,
        event_values.event_id,
        event_values.field,
        event_values.value_index,
        event_values.value,
        event_values.occurred_at
    from intermediate.int_event_values__flattened as event_values
    inner join intermediate.int_fields__typed as fields
        on event_values.project_id = fields.project_id and event_values.field = fields.field
    where fields.effective_type = 'text' and event_values.kind != 'boolean'

    union all

    select
        project_id,
        'turret.feedback:' || feedback_id as event_id,
        field,
        1 as value_index,
        text as value,
        occurred_at
    from intermediate.int_comments__extracted
)

select
    texts.project_id,
    texts.event_id,
    texts.field,
    texts.value_index,
    texts.value
from texts
inner join text_days on texts.project_id = text_days.project_id
where
    texts.occurred_at < text_days.oldest_day
    and not starts_with(texts.value, '‹text removed')
    and not starts_with(texts.value, '["‹text removed')
