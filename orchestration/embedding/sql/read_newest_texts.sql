-- Distinct texts of a field that arrived since it was last searched for boilerplate: those with the smallest hashes.
with newest as (
    select
        text_hash,
        any_value(text) as text
    from ml.messages_and_comments
    where project_id = $project_id and field = $field and not starts_with(text, '‹text removed')
    group by text_hash
    order by min(occurred_at) desc, text_hash asc
    limit $n_new
)

select text
from newest
order by text_hash
limit $most
