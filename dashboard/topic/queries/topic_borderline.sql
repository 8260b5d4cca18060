-- One row per text with low confidence in a topic, the lowest first; a confidence of $clear_fit or more is left out.
with listed as (
    select event_id
    from shown_topic_messages
    where topic_confidence < $clear_fit
    order by topic_confidence asc, event_id asc
    limit 40
)

select
    messages.text,
    min(messages.topic_confidence) as topic_confidence
from marts.fct_messages as messages
inner join listed on messages.event_id = listed.event_id
where
    messages.project_id = $project_id
    and messages.topic_id = $topic_id
    and messages.text != '‹text removed›'
group by messages.text
order by topic_confidence asc, messages.text asc
limit 5
