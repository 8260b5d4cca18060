-- Results of stripped texts, for each text with that rest.
create or replace temp table text_verdicts as
select
    own_verdicts.project_id,
    own_verdicts.field,
    coalesce(own_texts.text_hash, own_verdicts.text_hash) as text_hash,
    own_verdicts.topic_id,
    own_verdicts.topic_status,
    own_verdicts.topic_confidence,
    own_verdicts.topic_reason
from own_verdicts
left join ml.own_texts
    on
        own_verdicts.project_id = own_texts.project_id
        and own_verdicts.field = own_texts.field
        and own_verdicts.text_hash = own_texts.own_hash
