-- The verdicts of a candidate, for texts that still exist and have none.
insert into ml.text_topics by name
select
    texts.project_id,
    texts.field,
    texts.text_hash,
    texts.topic_id,
    texts.topic_status,
    texts.topic_confidence,
    texts.topic_reason
from ml.candidate_texts as texts
anti join ml.text_topics as judged
    on
        texts.project_id = judged.project_id
        and texts.field = judged.field
        and texts.text_hash = judged.text_hash
where
    texts.project_id = $project_id
    and texts.field = $field
    and texts.candidate_number = $candidate_number
    and texts.text_hash in (
        select messages.text_hash
        from ml.messages_and_comments as messages
        where messages.project_id = $project_id and messages.field = $field
    )
