-- Of several copies of an event_id the same one always stays, whatever files they are in and whenever these are loaded:
-- first one that names its session and user (a span knows them, the log event of the same call may not), then the first
-- received, then the first by content. So a copy that is loaded later may replace an earlier one.

-- Keys that may have several copies. Most have one and need not be compared. Two keys with the same hash only cost a
-- comparison.
create or replace temp table contested as
with landed_keys as (
    select hash(project_id, event_id) as key_hash
    from landed
)

select key_hash
from landed_keys
group by key_hash
having count(*) > 1

union

select landed_keys.key_hash
from landed_keys
where landed_keys.key_hash in (select hash(events.project_id, events.event_id) from raw.events);

create or replace temp table chosen as
with ranked as (
    select
        *,
        row_number() over (
            partition by project_id, event_id
            order by
                not session_id_given,
                not user_id_given,
                received_at,
                occurred_at,
                name,
                session_id,
                user_id,
                metadata::varchar,
                segment,
                line_number
        ) as copy_rank
    from landed
    where hash(project_id, event_id) in (select contested.key_hash from contested)
),

present as (
    select *
    from raw.events
    where hash(project_id, event_id) in (select contested.key_hash from contested)
)

select
    ranked.project_id,
    ranked.event_id,
    ranked.name,
    ranked.session_id,
    ranked.session_id_given,
    ranked.user_id,
    ranked.user_id_given,
    ranked.occurred_at,
    ranked.received_at,
    ranked.metadata,
    ranked.segment,
    ranked.line_number,
    present.segment as present_segment
from ranked
left join present
    on ranked.project_id = present.project_id and ranked.event_id = present.event_id
where
    ranked.copy_rank = 1
    and (
        present.event_id is null
        or (
            not ranked.session_id_given,
            not ranked.user_id_given,
            ranked.received_at,
            ranked.occurred_at,
            ranked.name,
            ranked.session_id,
            ranked.user_id,
            ranked.metadata::varchar
        ) < (
            not present.is_session_id_given,
            not present.is_user_id_given,
            present.received_at,
            present.occurred_at,
            present.name,
            present.session_id,
            present.user_id,
            present.metadata::varchar
        )
    );

-- The file that loses an event to this one now has a duplicate.
update raw.segments
set
    n_loaded = segments.n_loaded - replaced.n_replaced,
    n_duplicates = segments.n_duplicates + replaced.n_replaced
from (
    select
        present_segment as segment,
        count(*) as n_replaced
    from chosen
    where present_segment is not null
    group by present_segment
) as replaced
where segments.segment = replaced.segment;

-- The content of the replaced copy is kept, to know which sessions change with it.
insert into raw.replaced_events
select
    present.project_id,
    present.event_id,
    present.session_id,
    present.is_session_id_given,
    present.user_id,
    present.is_user_id_given,
    present.occurred_at,
    present.segment,
    chosen.segment as replaced_by
from raw.events as present
inner join chosen
    on present.project_id = chosen.project_id and present.event_id = chosen.event_id
where chosen.present_segment is not null;

delete from raw.events
using chosen
where
    events.project_id = chosen.project_id
    and events.event_id = chosen.event_id
    and chosen.present_segment is not null;

insert into raw.events
select
    project_id,
    event_id,
    name,
    session_id,
    session_id_given,
    user_id,
    user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number
from chosen

union all

select
    project_id,
    event_id,
    name,
    session_id,
    session_id_given,
    user_id,
    user_id_given,
    occurred_at,
    received_at,
    metadata,
    segment,
    line_number
from landed
where hash(project_id, event_id) not in (select contested.key_hash from contested)
