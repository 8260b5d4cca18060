insert into ml.boilerplate (project_id, field, ngrams, slots, n_texts, long_share, found_at)
values ($project_id, $field, $ngrams, $slots, $n_texts, $long_share, $found_at)
