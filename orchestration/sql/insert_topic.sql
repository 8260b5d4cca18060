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
    example_text_hashes
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
    $example_text_hashes
)
