-- Rows leave raw.events as if copies had replaced them, so that what they touched is built again. The purge after
-- publishing deletes them for good.
insert into raw.replaced_events
select
    events.project_id,
    events.event_id,
    events.session_id,
    events.is_session_id_given,
    events.user_id,
    events.is_user_id_given,
    events.occurred_at,
    events.segment,
    'erased/' || erased.erasure_id as replaced_by
from raw.events
inner join erased on events.project_id = erased.project_id and events.event_id = erased.event_id;

-- A name may be what only an erased user said, so topics of such texts are named again.
update ml.topics
set
    label = '',
    description = '',
    keywords = [],
    label_source = 'erased'
where
    topics.project_id || '/' || topics.topic_id in (
        select erased_names.project_id || '/' || erased_names.topic_id
        from erased_names
    );

update ml.topics
set
    description = '',
    keywords = [],
    label_source = 'erased'
from retold_topics
where topics.project_id = retold_topics.project_id and topics.topic_id = retold_topics.topic_id;

-- Examples are named by the hashes of their texts.
update ml.topics
set example_text_hashes = kept.text_hashes
from (
    select
        examples.project_id,
        examples.topic_id,
        coalesce(
            list(examples.text_hash order by examples.place) filter (where erased_texts.text_hash is null), []
        ) as text_hashes
    from (
        select
            project_id,
            field,
            topic_id,
            unnest(example_text_hashes) as text_hash,
            generate_subscripts(example_text_hashes, 1) as place
        from ml.topics
    ) as examples
    left join erased_texts
        on
            examples.project_id = erased_texts.project_id
            and examples.field = erased_texts.field
            and examples.text_hash = erased_texts.text_hash
    group by examples.project_id, examples.topic_id
    having count(erased_texts.text_hash) > 0
) as kept
where topics.project_id = kept.project_id and topics.topic_id = kept.topic_id;

-- A field is searched for boilerplate again once it has enough more texts than at the last search.
update ml.boilerplate
set n_texts = greatest(0, boilerplate.n_texts - gone.n_texts)
from (
    select
        project_id,
        field,
        count(*) as n_texts
    from erased_texts
    group by project_id, field
) as gone
where boilerplate.project_id = gone.project_id and boilerplate.field = gone.field;

-- A candidate has texts and names too; without its fit, the run fits it again.
delete from ml.candidate_fits
where
    candidate_fits.status in ('open', 'outdated')
    and (candidate_fits.project_id, candidate_fits.field) in (
        select
            erased_texts.project_id,
            erased_texts.field
        from erased_texts
    );

delete from ml.candidate_topics
where
    (candidate_topics.project_id, candidate_topics.field) in (
        select
            erased_texts.project_id,
            erased_texts.field
        from erased_texts
    );

delete from ml.candidate_lineage
where
    (candidate_lineage.project_id, candidate_lineage.field) in (
        select
            erased_texts.project_id,
            erased_texts.field
        from erased_texts
    );

delete from raw.events
using erased
where events.project_id = erased.project_id and events.event_id = erased.event_id;

update raw.segments
set
    n_lines = written.n_lines,
    n_rejected = written.n_rejected,
    n_bytes = written.n_bytes
from written
where segments.segment = written.segment;

update raw.segments
set
    n_loaded = counted.n_loaded,
    n_duplicates = segments.n_lines - segments.n_rejected - counted.n_loaded
from (
    select
        written.segment,
        count(events.segment) as n_loaded
    from written
    left join raw.events on written.segment = events.segment
    group by written.segment
) as counted
where segments.segment = counted.segment
