-- One row: total numbers; none if fewer than $min_people people are under the filters.
select
    count(*) as n_events,
    count(distinct events.session_id) as n_sessions,
    count(distinct people.person) as n_people
from shown_events as events
inner join shown_people as people on events.session_id = people.session_id
having count(distinct people.person) >= $min_people
