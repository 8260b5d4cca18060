-- Journeys of two groups by random group and topic that they passed, for cluster_sums.sql: the $most topics that most
-- journeys passed.
with made as (
    select
        group_id,
        side,
        unnest(list_distinct(path)) as item
    from shown_compared
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
