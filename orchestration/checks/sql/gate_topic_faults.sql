-- One row per project and kind of fault in a classified text, and one without a fault for each project.
with judged as (
    select
        text_topics.project_id,
        concat_ws(' ', text_topics.field, text_topics.text_hash) as key,
        coalesce(text_topics.topic_status, '') not in ('assigned', 'noise', 'filler', 'pending') as status_unknown,
        coalesce(not text_topics.topic_confidence between 0 and 1, false) as confidence_out_of_range,
        (text_topics.topic_status = 'assigned') != (topics.topic_id is not null)
        or (text_topics.topic_id is null) != (topics.topic_id is null) as text_without_its_topic
    from ml.text_topics
    left join ml.topics
        on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id
),

suspects as (
    select *
    from judged
    where status_unknown or confidence_out_of_range or text_without_its_topic
),

faults as (
    select
        project_id,
        key,
        fault
    from suspects
    unpivot (is_faulty for fault in (status_unknown, confidence_out_of_range, text_without_its_topic))
    where is_faulty
)

select
    project_id,
    fault,
    count(*) as n_failing,
    min(key, 5) as failing_keys
from faults
group by project_id, fault

union all

select
    project_id,
    null as fault,
    0 as n_failing,
    [] as failing_keys
from ml.text_topics
group by project_id
