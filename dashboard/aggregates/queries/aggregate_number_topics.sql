-- One row per topic of a field with values of a number field of at least $min_people people, the most values first.
-- Means and medians have two digits: to the last digit a median would be the value of one person, and the mean of what
-- is left out could be computed.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with counted as (
    select
        said.topic_id,
        count(*) as n_values,
        avg(measured.number_value / 2 ** 64) * 2 ** 64 as mean,
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
    if(counted.mean = 0, 0, round(counted.mean, 1 - floor(log10(abs(counted.mean)))::int)) as mean,
    if(counted.median = 0, 0, round(counted.median, 1 - floor(log10(abs(counted.median)))::int)) as median,
    counted.n_people
from counted
inner join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id
where counted.n_people >= $min_people
order by counted.n_values desc, counted.topic_id asc
