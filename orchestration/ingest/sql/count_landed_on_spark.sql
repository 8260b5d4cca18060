-- Spark's statement. The landed rows that count.
select
    landed.project_id,
    landed.event_id,
    landed.name,
    landed.session_id,
    landed.session_id_given as is_session_id_given,
    landed.user_id,
    landed.user_id_given as is_user_id_given,
    landed.occurred_at,
    landed.received_at,
    landed.metadata,
    landed.segment,
    landed.line_number,
    landed.load
from landed
inner join marks on landed.segment = marks.segment and landed.load = marks.load
anti join released on landed.segment = released.segment and landed.line_number = released.line_number
where landed.reason is null
