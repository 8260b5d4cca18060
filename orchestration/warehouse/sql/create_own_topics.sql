-- Classified texts, each with the hash of its text without boilerplate, by which topics are made.
create or replace view ml.own_topics as
select
    text_topics.project_id,
    text_topics.field,
    text_topics.text_hash,
    text_topics.topic_id,
    text_topics.topic_status,
    text_topics.topic_reason,
    coalesce(own_texts.own_hash, text_topics.text_hash) as own_hash
from ml.text_topics
left join ml.own_texts
    on
        text_topics.project_id = own_texts.project_id
        and text_topics.field = own_texts.field
        and text_topics.text_hash = own_texts.text_hash
