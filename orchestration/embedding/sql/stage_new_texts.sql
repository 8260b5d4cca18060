-- Distinct texts of a field with boilerplate that have not been stripped yet.
create or replace temp table new_texts as
select
    text_hash,
    any_value(text) as text,
    row_number() over (order by text_hash) as place
from ml.messages_and_comments
where
    project_id = $project_id
    and field = $field
    and not starts_with(text, '‹text removed')
    and text_hash not in (
        select own_texts.text_hash
        from ml.own_texts
        where own_texts.project_id = $project_id and own_texts.field = $field
    )
group by text_hash
