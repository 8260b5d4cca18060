insert into ml.own_texts
select
    $project_id as project_id,
    $field as field,
    text_hash,
    own_text,
    if(own_text = '', text_hash, left(sha256(own_text), 32)) as own_hash
from stripped
