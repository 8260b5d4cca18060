-- Of each session and topic with two requests in other words, the last request whose text goes: its token says so.
with reworded as (
    select
        project_id,
        session_id,
        topic_id
    from marts.fct_session_topics
    where is_rephrased
),

requests as (
    select
        judged.project_id,
        judged.event_id,
        judged.field,
        judged.session_id,
        judged.topic_id,
        judged.event_index_in_session
    from intermediate.int_messages__judged as judged
    inner join reworded
        on
            judged.project_id = reworded.project_id
            and judged.session_id = reworded.session_id
            and judged.topic_id = reworded.topic_id
    where
        judged.message_role = 'opens'
        and (judged.project_id, judged.event_id, judged.field) in (
            select
                aged_texts.project_id,
                aged_texts.event_id,
                aged_texts.field
            from aged_texts
        )
)

select
    project_id,
    event_id,
    field
from requests
qualify
    row_number() over (
        partition by project_id, session_id, topic_id
        order by event_index_in_session desc
    ) = 1
