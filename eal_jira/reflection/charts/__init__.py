"""The charts of a retro: how work flowed and how it was worked, what an experiment shows, what may come next.

Values in, `Figure` out. Each says in one sentence what it shows and carries its numbers as a table. With nothing to
show there is no picture, only the sentence: `svg` and `png` are empty. Issues appear by key; people never do.
"""

from eal_jira.reflection.charts.ageing import ageing_wip
from eal_jira.reflection.charts.cumulative_flow import cumulative_flow
from eal_jira.reflection.charts.cycle_time import cycle_time_scatter
from eal_jira.reflection.charts.deviations import deviations_per_guideline
from eal_jira.reflection.charts.experiment import Taken, Trial, experiment_chart
from eal_jira.reflection.charts.how_many import how_many_by_when
from eal_jira.reflection.charts.numbers import GuidelineCount
from eal_jira.reflection.charts.throughput import throughput_run
from eal_jira.reflection.charts.time_per_status import time_per_status

__all__ = [
    "GuidelineCount",
    "Taken",
    "Trial",
    "ageing_wip",
    "cumulative_flow",
    "cycle_time_scatter",
    "deviations_per_guideline",
    "experiment_chart",
    "how_many_by_when",
    "throughput_run",
    "time_per_status",
]
