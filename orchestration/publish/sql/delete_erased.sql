-- What is left of erased events after the models have been built without them.
create or replace temp table erased_events as
select distinct
    project_id,
    event_id
from raw.replaced_events
where starts_with(replaced_by, 'erased/');

delete from raw.replaced_events
using erased_events
where
    replaced_events.project_id = erased_events.project_id
    and replaced_events.event_id = erased_events.event_id;

-- A cache of a language model's answers, which may repeat what somebody said.
create table if not exists ops.llm_answers (request_hash varchar, answer varchar, answered_at timestamp);

delete from ops.llm_answers
