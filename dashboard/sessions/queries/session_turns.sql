-- At most one row: the path of a session, with every message that has a topic as a step.
select
    path,
    n_steps
from shown_turn_paths
where session_id = $session_id
