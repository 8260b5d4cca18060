-- One row: statistics of a number field, to three digits; none if its values are of fewer than $min_people people.
-- There are neither extremes nor high percentiles, and a median to the last digit would be the value of one person.
-- Sums are scaled by 2 ** 64, so that large values of both signs do not overflow on the way.
with measured as (
    select
        count(*) as n_values,
        avg(measured.number_value / 2 ** 64) * 2 ** 64 as mean,
        median(measured.number_value) as median,
        count(distinct people.person) as n_people
    from shown_numbers as measured
    inner join shown_people as people on measured.session_id = people.session_id
)

select
    n_values,
    if(mean = 0, 0, round(mean, 2 - floor(log10(abs(mean)))::int)) as mean,
    if(median = 0, 0, round(median, 2 - floor(log10(abs(median)))::int)) as median,
    n_people
from measured
where n_people >= $min_people
