-- Examples are placed again after a refit, after a definition took texts, and if people define the topic otherwise.
delete from ml.placed_examples
where
    not exists (
        select 1
        from raw.topic_choices as choices
        where
            choices.project_id = placed_examples.project_id
            and choices.topic_id = placed_examples.topic_id
            and len(choices.examples) = len(placed_examples.example_topic_ids)
    )
    or exists (
        select 1
        from ml.topic_fits as fits
        where
            fits.project_id = placed_examples.project_id
            and fits.field = placed_examples.field
            and fits.is_refit
            and fits.recorded_at > placed_examples.placed_at
    )
