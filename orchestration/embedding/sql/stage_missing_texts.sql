-- Each distinct text once, whatever projects and fields it occurs in.
create or replace temp table missing_texts as
select
    own_hash as text_hash,
    any_value(if(own_text = '', text, own_text)) as text,
    row_number() over (order by own_hash) as place
from ml.own_messages
where
    own_hash not in (
        select embeddings.text_hash
        from ml.embeddings
        where embeddings.model_id = $model_id
    )
group by own_hash
