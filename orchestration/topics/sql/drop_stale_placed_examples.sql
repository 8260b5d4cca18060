-- Examples are placed again after a refit. Those of a definition that was undone are gone.
delete from ml.placed_examples
where
    not exists (
        select 1
        from raw.topic_choices as choices
        where
            choices.project_id = placed_examples.project_id
            and choices.topic_id = placed_examples.topic_id
            and choices.examples is not null
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
