"""``leadlight evaluate``: a bundle read on files with known truth, as figures with 95 % intervals and as a page."""

from training.evaluation.result import as_text, to_json
from training.evaluation.run import Evaluation, evaluate, find_bundle

__all__ = ["Evaluation", "as_text", "evaluate", "find_bundle", "to_json"]
