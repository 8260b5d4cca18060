-- One row per topic of a field: how many people wrote its messages. A session without a named user is one person.
select
    said.topic_id,
    count(distinct coalesce(sessions.user_id, sessions.session_id)) as n_people
from shown_messages as said
inner join marts.fct_sessions as sessions
    on sessions.project_id = $project_id and said.session_id = sessions.session_id
where said.field = $field and said.topic_id is not null
group by said.topic_id
order by said.topic_id
