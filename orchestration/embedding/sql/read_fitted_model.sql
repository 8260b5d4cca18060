-- The model that topics stand in: of all fits the latest one's.
select arg_max(model_id, recorded_at)
from ml.topic_fits
where is_refit
