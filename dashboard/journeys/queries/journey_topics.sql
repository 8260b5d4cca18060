-- One row per topic of the journey field, whatever the filters, those with the most messages first.
select
    topics.topic_id,
    topics.label
from marts.dim_topics as topics
inner join marts.dim_fields as fields
    on topics.project_id = fields.project_id and topics.field = fields.field and fields.is_journey_field
where topics.project_id = $project_id and topics.level = 0 and topics.n_messages > 0
order by topics.n_messages desc, topics.topic_id asc
