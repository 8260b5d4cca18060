-- Messages, each with its text without boilerplate, which is embedded, classified and named.
create or replace view ml.own_messages as
select
    messages.project_id,
    messages.field,
    messages.session_id,
    messages.user_id,
    messages.text,
    messages.text_hash,
    coalesce(own_texts.own_text, messages.text) as own_text,
    coalesce(own_texts.own_hash, messages.text_hash) as own_hash
from intermediate.int_messages__extracted as messages
left join ml.own_texts
    on
        messages.project_id = own_texts.project_id
        and messages.field = own_texts.field
        and messages.text_hash = own_texts.text_hash
