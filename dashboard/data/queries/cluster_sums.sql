-- One row per family, side and item of `cells`: the counts of both sides of a comparison, and their sums of squares and
-- products over random groups of clusters, from which Contrast.of computes variances. `cells` is the tested query: one
-- row per family, group_id, side and item with their number n. If item is null, n is the total of the side; if side is
-- null, the total of the family. An item that is '' is not tested.
with sizes as (
    select
        family,
        group_id,
        side,
        item,
        n::double as n
    from cells
    where item is null and side is not null
),

groups as (
    select
        family,
        group_id,
        side,
        item,
        n::double as n
    from cells
    where item is null and side is null
),

items as (
    select
        family,
        group_id,
        side,
        item,
        n::double as n
    from cells
    where item != '' and side is null
),

hits as (
    select
        family,
        group_id,
        side,
        item,
        n::double as n
    from cells
    where item != '' and side is not null
),

totals as (
    select
        family,
        count(*) as n_groups,
        sum(n) as n_all,
        sum(n * n) as all_all
    from groups
    group by family
),

side_totals as (
    select
        sizes.family,
        sizes.side,
        sum(sizes.n) as n_side,
        sum(sizes.n * sizes.n) as side_side,
        sum(sizes.n * groups.n) as side_all
    from sizes
    inner join groups on sizes.group_id = groups.group_id and sizes.family = groups.family
    group by sizes.family, sizes.side
),

item_totals as (
    select
        items.family,
        items.item,
        sum(items.n) as n_all_hits,
        sum(items.n * items.n) as all_hits_all_hits,
        sum(items.n * groups.n) as all_hits_all
    from items
    inner join groups on items.group_id = groups.group_id and items.family = groups.family
    group by items.family, items.item
),

products as (
    select
        sizes.family,
        sizes.side,
        items.item,
        sum(sizes.n * items.n) as side_all_hits
    from items
    inner join sizes on items.group_id = sizes.group_id and items.family = sizes.family
    group by sizes.family, sizes.side, items.item
),

hit_totals as (
    select
        hits.family,
        hits.side,
        hits.item,
        sum(hits.n) as n_hits,
        sum(hits.n * hits.n) as hits_hits,
        sum(hits.n * sizes.n) as hits_side,
        sum(hits.n * items.n) as hits_all_hits,
        sum(hits.n * groups.n) as hits_all
    from hits
    inner join items
        on hits.group_id = items.group_id and hits.item = items.item and hits.family = items.family
    inner join sizes
        on hits.group_id = sizes.group_id and hits.side = sizes.side and hits.family = sizes.family
    inner join groups
        on hits.group_id = groups.group_id and hits.family = groups.family
    group by hits.family, hits.side, hits.item
)

select
    side_totals.family,
    side_totals.side,
    item_totals.item,
    totals.n_groups,
    totals.n_all::bigint as n_all,
    side_totals.n_side::bigint as n_side,
    item_totals.n_all_hits::bigint as n_all_hits,
    coalesce(hit_totals.n_hits, 0)::bigint as n_hits,
    totals.all_all::double as all_all,
    side_totals.side_side::double as side_side,
    side_totals.side_all::double as side_all,
    item_totals.all_hits_all_hits::double as all_hits_all_hits,
    item_totals.all_hits_all::double as all_hits_all,
    coalesce(products.side_all_hits, 0)::double as side_all_hits,
    coalesce(hit_totals.hits_hits, 0)::double as hits_hits,
    coalesce(hit_totals.hits_side, 0)::double as hits_side,
    coalesce(hit_totals.hits_all_hits, 0)::double as hits_all_hits,
    coalesce(hit_totals.hits_all, 0)::double as hits_all
from side_totals
inner join item_totals on side_totals.family = item_totals.family
inner join totals on side_totals.family = totals.family
left join products
    on
        side_totals.family = products.family
        and side_totals.side = products.side
        and item_totals.item = products.item
left join hit_totals
    on
        side_totals.family = hit_totals.family
        and side_totals.side = hit_totals.side
        and item_totals.item = hit_totals.item
order by side_totals.family asc, side_totals.side asc, item_totals.item asc
