-- One row per topic of a field with values of a number field of at least $min_people people, the most values first.
with counted as (
    select
        said.topic_id,
        count(*) as n_values,
        avg(measured.number_value) as mean,
        median(measured.number_value) as median,
        count(distinct people.person) as n_people
    from marts.fct_messages as said
    inner join shown_numbers as measured on said.event_id = measured.event_id
    inner join shown_people as people on measured.session_id = people.session_id
    where said.project_id = $project_id and said.field = $field
    group by said.topic_id
)

select
    counted.topic_id,
    topics.label,
    counted.n_values,
    counted.mean,
    counted.median,
    counted.n_people
from counted
inner join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id
where counted.n_people >= $min_people
order by counted.n_values desc, counted.topic_id asc
