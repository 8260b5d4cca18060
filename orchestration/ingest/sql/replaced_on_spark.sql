-- Spark's statement. The present copies of events of which another copy counts now.
select
    present.project_id,
    present.event_id,
    present.session_id,
    present.is_session_id_given,
    present.user_id,
    present.is_user_id_given,
    present.occurred_at,
    present.segment,
    chosen.segment as replaced_by
from present
semi join counted on present.project_id = counted.project_id and present.event_id = counted.event_id
inner join chosen on present.project_id = chosen.project_id and present.event_id = chosen.event_id
where present.segment != chosen.segment or present.line_number != chosen.line_number
