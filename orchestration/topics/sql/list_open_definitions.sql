-- Topics that people defined and no text belongs to yet, of fields with topics.
select
    choices.project_id,
    choices.field,
    choices.topic_id,
    choices.examples,
    choices.example_scope = 'closest' as is_narrow
from raw.topic_choices as choices
where
    choices.examples is not null
    and choices.merged_into_topic_id is null
    and not choices.is_hidden
    and choices.state != 'retired'
    and not exists (
        select 1
        from ml.text_topics
        where text_topics.project_id = choices.project_id and text_topics.topic_id = choices.topic_id
    )
    and exists (
        select 1
        from ml.text_topics
        where
            text_topics.project_id = choices.project_id
            and text_topics.field = choices.field
            and text_topics.topic_id is not null
    )
order by choices.project_id, choices.field, choices.topic_id
