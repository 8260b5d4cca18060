-- One row: how much feedback people gave, and how many outcomes the app sent in metadata, regardless of filters.
select
    count(*) filter (where source = 'people') as n_ratings,
    count(*) filter (where source = 'metadata') as n_outcomes
from marts.fct_feedback
where project_id = $project_id and is_latest and is_linked
