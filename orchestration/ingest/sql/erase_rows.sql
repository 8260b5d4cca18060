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
