update ml.text_topics
set topic_id = taken.topic_id
from
    (
        select
            own_topics.project_id,
            own_topics.field,
            own_topics.text_hash,
            taken_texts.topic_id
        from ml.own_topics
        inner join taken_texts
            on own_topics.own_hash = taken_texts.own_hash
        where
            own_topics.project_id = $project_id
            and own_topics.field = $field
            and own_topics.topic_id = taken_texts.from_topic_id
    ) as taken
where
    text_topics.project_id = taken.project_id
    and text_topics.field = taken.field
    and text_topics.text_hash = taken.text_hash
