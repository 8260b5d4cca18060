insert into ml.topics (
    project_id,
    topic_id,
    field,
    label,
    description,
    keywords,
    parent_topic_id,
    level,
    label_source,
    example_text_hashes,
    label_coverage,
    is_mixed
)
values (
    $project_id,
    $topic_id,
    $field,
    $label,
    $description,
    $keywords,
    $parent_topic_id,
    $level,
    $label_source,
    $example_text_hashes,
    $label_coverage,
    $is_mixed
)
