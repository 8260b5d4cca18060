-- Lengths and counts instead of the names: what people wrote never leaves the warehouse.
select
    project_id,
    field,
    topic_id,
    coalesce(length(label), 0) as n_label_characters,
    count(*) over (partition by project_id, field, level, lower(label)) as n_same_label,
    label_source
from ml.topics
