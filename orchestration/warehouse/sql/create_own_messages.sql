-- Messages, and comments of feedback under the field turret.feedback.comment: all texts that have topics. No session of
-- a machine makes what a person comments on it less of a person's, so comments have none here.
create or replace view ml.messages_and_comments as
select
    project_id,
    event_id,
    field,
    text,
    text_hash,
    session_id,
    user_id,
    occurred_at
from intermediate.int_messages__extracted

union all

select
    project_id,
    'turret.feedback:' || feedback_id as event_id,
    field,
    text,
    text_hash,
    null as session_id,
    user_id,
    occurred_at
from intermediate.int_comments__extracted;

-- Those whose texts were not removed, each with its text without boilerplate, which is embedded, classified and named.
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
from ml.messages_and_comments as messages
left join ml.own_texts
    on
        messages.project_id = own_texts.project_id
        and messages.field = own_texts.field
        and messages.text_hash = own_texts.text_hash
where not starts_with(messages.text, '‹text removed')
