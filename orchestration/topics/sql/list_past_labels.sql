-- Names of topics that removed texts have: a topic of that name may be left without a text.
select
    topics.topic_id,
    topics.label
from ml.topics
where
    topics.project_id = $project_id
    and topics.field = $field
    and topics.topic_id in (
        select removed_texts.topic_id
        from ml.removed_texts
        where removed_texts.project_id = $project_id and removed_texts.field = $field
    )
order by topics.topic_id
