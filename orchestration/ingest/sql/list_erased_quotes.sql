-- Texts that nobody else has said, with their hashes, and names of topics that may quote the erased, without one.
select distinct
    messages.text as phrase,
    messages.text_hash
from extracted as messages
inner join erased_texts
    on
        messages.project_id = erased_texts.project_id
        and messages.field = erased_texts.field
        and messages.text_hash = erased_texts.text_hash
where messages.project_id = $project_id

union all

select distinct
    label as phrase,
    null as text_hash
from erased_labels
where project_id = $project_id
