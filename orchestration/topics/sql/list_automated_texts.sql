-- Texts sent by machine: all their messages are in automated sessions.
select messages.own_hash
from ml.own_messages as messages
left join intermediate.int_sessions__automated as automated
    on messages.project_id = automated.project_id and messages.session_id = automated.session_id
where messages.project_id = $project_id and messages.field = $field
group by messages.own_hash
having count(*) = count(automated.session_id)
