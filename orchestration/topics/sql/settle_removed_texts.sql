-- Removed texts without a verdict, as in a warehouse that was made anew from landed files, have no topic. Verdicts stay
-- for messages that are set apart for a time; what erases their events erases them.
insert into ml.removed_texts by name
select distinct
    messages.project_id,
    messages.field,
    messages.text_hash,
    null as topic_id,
    'noise' as topic_status,
    null as topic_confidence,
    'text removed' as topic_reason
from ml.messages_and_comments as messages
anti join ml.removed_texts as known
    on
        messages.project_id = known.project_id
        and messages.field = known.field
        and messages.text_hash = known.text_hash
where starts_with(messages.text, '‹text removed')
