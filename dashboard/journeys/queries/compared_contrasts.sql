-- Journeys of two groups by random group and item, for cluster_sums.sql. Items are the $most moves, topics or paths
-- with the most journeys. $kind is 'move' (START and END included), 'topic' or 'path'.
with moves as (
    select distinct
        session_id,
        group_id,
        side,
        unnest(list_prepend('START', path)) || ' ' || unnest(list_append(path, 'END')) as item
    from shown_compared
    where $kind = 'move'
),

made as (
    select
        group_id,
        side,
        unnest(case $kind when 'topic' then list_distinct(path) when 'path' then [variant_id] end) as item
    from shown_compared
    union all
    select
        group_id,
        side,
        item
    from moves
),

counted as (
    select
        group_id,
        side,
        item,
        count(*) as n
    from made
    group by group_id, side, item
),

largest as (
    select item
    from counted
    group by item
    order by sum(n) desc, item asc
    limit $most
)

select
    '' as family,
    group_id,
    side,
    item,
    sum(n) as n
from counted
where item in (select largest.item from largest)
group by group_id, item, cube (side)
union all
select
    '' as family,
    group_id,
    side,
    null as item,
    count(*) as n
from shown_compared
group by group_id, cube (side)
