"""The charts of a retro: how long work took, how old the work under way is, where guidelines were departed from.

Values in, `Figure` out. Each says in one sentence what it shows and carries its numbers as a table. With nothing to
show there is no picture, only the sentence: `svg` and `png` are empty. Issues appear by key; people never do.
"""

from eal_jira.reflection.charts.ageing import ageing_wip
from eal_jira.reflection.charts.cycle_time import cycle_time_scatter
from eal_jira.reflection.charts.deviations import deviations_per_guideline
from eal_jira.reflection.charts.numbers import GuidelineCount

__all__ = ["GuidelineCount", "ageing_wip", "cycle_time_scatter", "deviations_per_guideline"]
