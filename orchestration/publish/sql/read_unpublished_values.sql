select distinct value
from warehouse.state.unpublished
where key = $key
