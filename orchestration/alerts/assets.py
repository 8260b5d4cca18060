"""The asset that judges alerts after the marts are published.

No postponed annotations here: Dagster reads them when it decorates.
"""

import dagster as dg

from contracts.settings import Settings
from orchestration.alerts.judging import judge_published
from projects import open_projects


@dg.multi_asset(
    name="judge_alerts",
    outs={
        "alerts": dg.AssetOut(
            key=dg.AssetKey(["published", "alerts"]),
            description="Alerts by the rules of each project, judged once per published version and sent.",
            dagster_type=dg.Nothing,  # they are in the projects database
            group_name="published",
            kinds={"python"},
        )
    },
    deps=[dg.AssetKey(["published", "turret"])],
)
def judge_alerts(settings: dg.ResourceParam[Settings]) -> dg.Output[None]:
    """Judge the rules by the newest version, and send what is due. A delivery that fails is tried again later."""
    from alerts.sending import send_due  # noqa: PLC0415 - most installations send nothing

    judged = judge_published(settings)
    with open_projects(settings) as projects:
        arrived = send_due(projects, settings)
    return dg.Output(None, metadata={"dagster/row_count": len(judged), "arrived": len(arrived)})
