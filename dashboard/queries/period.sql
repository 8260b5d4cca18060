-- One row: the first and last day with messages of a field; both null without any.
select
    min(occurred_at)::date as first_date,
    max(occurred_at)::date as last_date
from marts.fct_messages
where project_id = $project_id and field = $field
