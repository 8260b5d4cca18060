-- One row per day on which at least $min_people people said something: the messages of a field.
select
    said.occurred_at::date as message_date,
    count(*) as n_messages,
    count(distinct said.session_id) as n_sessions,
    count(distinct people.person) as n_people
from shown_messages as said
inner join shown_people as people on said.session_id = people.session_id
where said.field = $field
group by message_date
having count(distinct people.person) >= $min_people
order by message_date
