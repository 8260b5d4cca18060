with phrases as (
    select messages.text as phrase
    from extracted as messages
    inner join erased_texts
        on
            messages.project_id = erased_texts.project_id
            and messages.field = erased_texts.field
            and messages.text_hash = erased_texts.text_hash
    where messages.project_id = $project_id

    union

    select label as phrase
    from erased_labels
    where project_id = $project_id
)

select phrase
from phrases
where length(phrase) >= 4
order by length(phrase) desc, phrase
