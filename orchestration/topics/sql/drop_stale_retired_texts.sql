-- A text keeps the topic that it was given while that one is neither hidden nor retired, until the next refit. One that
-- found no topic near enough is tried again in each run.
delete from ml.retired_texts
where
    topic_id is null
    or (project_id, field, text_hash) not in (
        select
            texts.project_id,
            texts.field,
            texts.text_hash
        from texts_of_retired as texts
    )
    or (project_id, topic_id) not in (
        select
            topics.project_id,
            topics.topic_id
        from ml.topics
        left join ml.edited_topics as edited
            on topics.project_id = edited.project_id and topics.topic_id = edited.topic_id
        where edited.topic_id is null or edited.shown_topic_id is not null
    )
    or exists (
        select 1
        from ml.topic_fits as fits
        where
            fits.project_id = retired_texts.project_id
            and fits.field = retired_texts.field
            and fits.is_refit
            and fits.recorded_at > retired_texts.placed_at
    )
