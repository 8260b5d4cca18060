-- One row per move between the columns of the flow chart, with the number of journeys that make it. Step 1 leaves
-- START, or the topic from which journeys are followed.
select
    step::integer as step,
    source,
    target,
    count(*) as n_sessions
from shown_flow
group by all
order by step asc, n_sessions desc, source asc, target asc
