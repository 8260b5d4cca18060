-- One row: messages of a field by what became of them.
select
    count(*) as n_messages,
    count(*) filter (where topic_status = 'assigned') as n_assigned,
    count(*) filter (where topic_status = 'filler') as n_filler,
    count(*) filter (where topic_status = 'noise') as n_noise,
    count(*) filter (where topic_status = 'pending') as n_pending
from shown_messages
where field = $field
