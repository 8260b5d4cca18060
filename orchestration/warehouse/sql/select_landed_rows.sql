-- The events as rows of a load of Spark. They have no copies, and lines that were rejected are in quarantine already.
select
    project_id,
    event_id,
    name,
    session_id,
    is_session_id_given as session_id_given,
    user_id,
    is_user_id_given as user_id_given,
    occurred_at,
    received_at,
    metadata::varchar as metadata,
    segment,
    line_number,
    null::varchar as reason,
    null::blob as line
from raw.events
