-- A topic without an heir that removed texts have stays for them, with its area.
insert into ml.topics by name
from former_topics as former
where
    former.topic_id not in (
        select named.topic_id
        from ml.topics as named
        where named.project_id = $project_id and named.field = $field
    )
    and former.topic_id in (
        select unnest([former_topics.topic_id, former_topics.parent_topic_id]) as topic_id
        from former_topics
        where
            former_topics.level = 0
            and former_topics.topic_id not in (
                select named.topic_id
                from ml.topics as named
                where named.project_id = $project_id and named.field = $field
            )
            and former_topics.topic_id in (
                select removed_texts.topic_id
                from ml.removed_texts
                where removed_texts.project_id = $project_id and removed_texts.field = $field
            )
    )
