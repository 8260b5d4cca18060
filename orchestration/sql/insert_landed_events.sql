-- The same event_id of a project counts once: the first line that was received wins, and what is there stays.
insert into raw.events
select
    landed.project_id,
    landed.event_id,
    landed.name,
    landed.session_id,
    landed.session_id_given,
    landed.user_id,
    landed.user_id_given,
    landed.occurred_at,
    landed.received_at,
    landed.metadata,
    landed.segment,
    landed.line_number
from landed
anti join raw.events as present
    on landed.project_id = present.project_id and landed.event_id = present.event_id
qualify
    row_number() over (
        partition by landed.project_id, landed.event_id
        order by landed.received_at, landed.segment, landed.line_number
    ) = 1
