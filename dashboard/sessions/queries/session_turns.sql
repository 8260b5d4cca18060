-- At most one row: the path of a session in which every message with a topic is a step.
select
    path,
    n_steps
from shown_turn_paths
where session_id = $session_id
