-- One row per value of a number field under the filters whose event has a message of a text field: its topic, or null
-- without one, and the random group of its session's cluster.
select
    said.topic_id,
    clusters.group_id,
    measured.number_value
from marts.fct_messages as said
inner join shown_numbers as measured on said.event_id = measured.event_id
inner join shown_session_groups as clusters on said.session_id = clusters.session_id
where said.project_id = $project_id and said.field = $field
