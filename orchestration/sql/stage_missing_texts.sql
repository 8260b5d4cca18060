-- Each distinct text once, whichever projects and fields it stands in.
create or replace temp table missing_texts as
select
    text_hash,
    any_value(text) as text,
    row_number() over (order by text_hash) as place
from intermediate.int_messages__extracted
where
    text_hash not in (
        select embeddings.text_hash
        from ml.embeddings
        where embeddings.model_id = $model_id
    )
group by text_hash
