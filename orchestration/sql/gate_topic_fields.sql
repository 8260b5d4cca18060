select
    project_id,
    field,
    avg(case when topic_status = 'noise' then 1.0 else 0.0 end) as noise_share
from ml.text_topics
group by project_id, field
