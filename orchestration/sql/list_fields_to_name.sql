with refitted as (
    select distinct
        project_id,
        field
    from ml.topic_lineage
    where run_id = $run_id
),

unnamed as (
    select distinct
        text_topics.project_id,
        text_topics.field
    from ml.text_topics
    left join ml.topics
        on text_topics.project_id = topics.project_id and text_topics.topic_id = topics.topic_id
    where text_topics.topic_id is not null and topics.topic_id is null
),

improvable as (
    select distinct
        project_id,
        field
    from ml.topics
    where $wants_llm and label_source = 'keyphrases'
)

select * from refitted
union
select * from unnamed
union
select * from improvable
