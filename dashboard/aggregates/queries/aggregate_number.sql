-- One row: statistics of a number field; none if its values are of fewer than $min_people people. There are neither
-- extremes nor high percentiles, which may be the value of one person.
select
    count(*) as n_values,
    avg(measured.number_value) as mean,
    median(measured.number_value) as median,
    count(distinct people.person) as n_people
from shown_numbers as measured
inner join shown_people as people on measured.session_id = people.session_id
having count(distinct people.person) >= $min_people
