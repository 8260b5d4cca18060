-- Whose texts a retention of texts would remove, if it began on the day of $oldest_day: one row.
select
    count(*) filter (
        where messages.occurred_at < $oldest_day and not starts_with(messages.text, '‹text removed')
    ) as n_messages,
    (
        select count(*)
        from marts.fct_feedback as feedback
        where
            feedback.project_id = $project_id
            and feedback.given_at < $oldest_day
            and not starts_with(feedback.comment, '‹text removed')
    ) as n_comments,
    count(*) filter (where messages.occurred_at >= $oldest_day) as n_kept_messages
from marts.fct_messages as messages
where messages.project_id = $project_id
