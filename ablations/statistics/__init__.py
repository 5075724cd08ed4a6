"""Pure functions from scores by arm and seed to estimates, tests and verdicts.

docs/statistics.md says how good they are.
"""

from ablations.statistics.claims import Answer as Answer
from ablations.statistics.claims import Relation as Relation
from ablations.statistics.claims import answer_comparison as answer_comparison
from ablations.statistics.claims import answer_effect as answer_effect
from ablations.statistics.comparison import Comparison as Comparison
from ablations.statistics.comparison import compare_all as compare_all
from ablations.statistics.contrast import Contrast as Contrast
from ablations.statistics.contrast import contrast_of as contrast_of
from ablations.statistics.design_power import DesignModel as DesignModel
from ablations.statistics.design_power import DesignProspect as DesignProspect
from ablations.statistics.design_power import design_model as design_model
from ablations.statistics.design_power import design_prospect as design_prospect
from ablations.statistics.divergence import Divergence as Divergence
from ablations.statistics.divergence import divergence_of as divergence_of
from ablations.statistics.estimate import CONFIDENCE as CONFIDENCE
from ablations.statistics.estimate import Estimate as Estimate
from ablations.statistics.estimate import estimate as estimate
from ablations.statistics.estimate import paired_difference as paired_difference
from ablations.statistics.expected_best import ExpectedBest as ExpectedBest
from ablations.statistics.expected_best import expected_best as expected_best
from ablations.statistics.factor_columns import Factor as Factor
from ablations.statistics.factor_columns import Observation as Observation
from ablations.statistics.factorial import FactorEffect as FactorEffect
from ablations.statistics.factorial import FactorialFit as FactorialFit
from ablations.statistics.factorial import fit_factorial as fit_factorial
from ablations.statistics.family import Judged as Judged
from ablations.statistics.family import LookResult as LookResult
from ablations.statistics.looks import Looks as Looks
from ablations.statistics.power import Prospect as Prospect
from ablations.statistics.power import prospect as prospect
from ablations.statistics.rule import Rule as Rule
from ablations.statistics.scores import ArmScores as ArmScores
from ablations.statistics.verdict import Finding as Finding
