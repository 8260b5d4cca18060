-- Up to three of the users who said each text: enough to know whether three said something.
select
    text_hash,
    list_slice(list_sort(list(distinct user_id)), 1, $most) as users
from intermediate.int_messages__extracted
where project_id = $project_id and field = $field
group by text_hash
