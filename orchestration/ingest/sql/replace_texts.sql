delete from ml.removed_texts
where
    (removed_texts.project_id, removed_texts.field, removed_texts.text_hash) in (
        select
            removed_verdicts.project_id,
            removed_verdicts.field,
            removed_verdicts.text_hash
        from removed_verdicts
    );

insert into ml.removed_texts by name from removed_verdicts;

-- Topics whose texts are all gone stay for what was said. A name rests on three people, if the topic has as many; what
-- describes it may quote one.
update ml.topics
set
    label = if(past_topics.n_users >= 3, topics.label, 'Removed texts ' || right(topics.topic_id, 4)),
    description = '',
    keywords = []
from past_topics
where topics.project_id = past_topics.project_id and topics.topic_id = past_topics.topic_id
