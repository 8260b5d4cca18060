-- The topic of texts that nobody says any more, because their events were deleted: it may be gone with them.
delete from ml.text_topics
where
    project_id = $project_id
    and field = $field
    and topic_id not in (
        select topics.topic_id
        from ml.topics
        where topics.project_id = $project_id and topics.field = $field
    )
    and text_hash not in (
        select messages.text_hash
        from ml.messages_and_comments as messages
        where messages.project_id = $project_id and messages.field = $field
    )
