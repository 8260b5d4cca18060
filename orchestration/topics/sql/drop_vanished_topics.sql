-- Topics that removed texts have stay, with their areas: the field may have messages again.
delete from ml.topics
where
    (project_id, field) not in (
        select
            messages.project_id,
            messages.field
        from ml.messages_and_comments as messages
    )
    and (project_id, topic_id) not in (
        select
            kept.project_id,
            unnest([kept.topic_id, kept.parent_topic_id]) as topic_id
        from ml.topics as kept
        inner join ml.removed_texts
            on kept.project_id = removed_texts.project_id and kept.topic_id = removed_texts.topic_id
        where kept.parent_topic_id is not null
        union
        select
            removed_texts.project_id,
            removed_texts.topic_id
        from ml.removed_texts
        where removed_texts.topic_id is not null
    )
