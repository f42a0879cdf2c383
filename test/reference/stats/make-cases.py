"""Writes cases.json: requests of the statistics contract with replies computed by scipy, numpy, river and statsmodels, none of our code.

A file a family in families/; their order is the order of the drawn numbers, so new ones come last and draw from a seed of their own.
Run: pip install scipy==1.17.1 numpy==2.4.6 river==0.26.1 statsmodels==0.14.6; python3 test/reference/stats/make-cases.py > test/reference/stats/cases.json
"""

import json

import families.fixed_horizon  # noqa: F401
import families.panel_samples  # noqa: F401
import families.fixed_horizon_more  # noqa: F401
import families.sequential  # noqa: F401
import families.bandits  # noqa: F401
import families.quasi_experiments  # noqa: F401
import families.monitoring  # noqa: F401
import families.refusals  # noqa: F401
import families.additions  # noqa: F401
from families.common import CASES

print(json.dumps({"cases": CASES}, default=float))
