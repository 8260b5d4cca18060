-- One row per topic: journeys that passed it, each once.
select
    steps.topic_id,
    count(distinct steps.session_id) as n_sessions
from shown_steps as steps
inner join shown_paths as paths on steps.session_id = paths.session_id
where not paths.is_overlong
group by steps.topic_id
order by n_sessions desc, steps.topic_id asc
