-- Texts that the topic model or people put into a retired topic, or into one that is merged into it.
create or replace temp table texts_of_retired as
select
    found.project_id,
    found.field,
    found.text_hash,
    found.own_hash
from ml.own_topics as found
left join ml.moved_texts as moved
    on
        found.project_id = moved.project_id
        and found.field = moved.field
        and found.text_hash = moved.text_hash
inner join ml.edited_topics as edited
    on
        found.project_id = edited.project_id
        and coalesce(moved.topic_id, found.topic_id) = edited.topic_id
where edited.state = 'retired'
