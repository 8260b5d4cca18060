-- One row per move between the columns of the flow picture, with the journeys that made it. Step 1 leaves START, or the
-- topic that journeys are followed from.
select
    step::integer as step,
    source,
    target,
    count(*) as n_sessions
from shown_flow
group by all
order by step asc, n_sessions desc, source asc, target asc
