-- Topics that people defined and texts belong to, whose examples have no topic yet since the last refit.
select
    choices.project_id,
    choices.field,
    choices.topic_id,
    choices.examples,
    choices.example_scope = 'closest' as is_narrow
from raw.topic_choices as choices
where
    choices.examples is not null
    and (choices.project_id, choices.topic_id) in (
        select
            text_topics.project_id,
            text_topics.topic_id
        from ml.text_topics
    )
    and (choices.project_id, choices.topic_id) not in (
        select
            placed.project_id,
            placed.topic_id
        from ml.placed_examples as placed
    )
order by choices.project_id, choices.field, choices.topic_id
