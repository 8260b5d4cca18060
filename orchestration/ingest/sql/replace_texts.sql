-- A run that repeats what another began finds no verdict any more, and keeps the one that it wrote.
delete from ml.removed_texts
where
    (removed_texts.project_id, removed_texts.field, removed_texts.text_hash) in (
        select
            removed_verdicts.project_id,
            removed_verdicts.field,
            removed_verdicts.text_hash
        from removed_verdicts
        where removed_verdicts.topic_reason is distinct from 'text removed'
    );

insert into ml.removed_texts by name
from removed_verdicts
anti join ml.removed_texts as known
    on
        removed_verdicts.project_id = known.project_id
        and removed_verdicts.field = known.field
        and removed_verdicts.text_hash = known.text_hash;

-- Topics whose texts are all gone stay for what was said. A name rests on three people, if the topic has as many; what
-- describes it may quote one.
update ml.topics
set
    label = if(past_topics.n_users >= 3, topics.label, 'Removed texts ' || right(topics.topic_id, 4)),
    description = '',
    keywords = []
from past_topics
where topics.project_id = past_topics.project_id and topics.topic_id = past_topics.topic_id
