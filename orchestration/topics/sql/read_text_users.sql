-- Up to three of the users who said each text, to know whether three users did; and one message with it.
select
    own_hash,
    list_slice(list_sort(list(distinct user_id)), 1, $most) as users,
    min(text_hash) as text_hash
from ml.own_messages
where project_id = $project_id and field = $field
group by own_hash
