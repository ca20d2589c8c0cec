"""`code_eval` as a module of Hugging Face's evaluate, judged by assay.

    evaluate.load("build/python/code_eval").compute(references=..., predictions=..., k=[1])

evaluate.load("code_eval") takes the folder ./code_eval, if there is one, before the module of the
hub, so a link to this folder is all that lm-eval needs. The package `assay` must be importable.
"""
import datasets
import evaluate

from assay.integrations import code_eval

_DESCRIPTION = """\
pass@k of candidates on tests, judged in a locked box by assay and not in this process.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: list of candidates to evaluate; each is a list of strings, several solutions of one
        problem.
    references: list of tests, one for each problem.
    k: numbers of candidates to consider (default [1, 10, 100]).
    num_workers: taken and not used; the daemon has slots of its own.
    timeout: seconds of CPU time for a candidate (default 3.0).
Returns:
    pass_at_k: dict with pass@k for each k.
    results: dict with the results of each problem's candidates.
"""


class CodeEval(evaluate.Metric):
    """The same features and results as theirs."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION, citation="", inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({
                "predictions": datasets.Sequence(datasets.Value("string")),
                "references": datasets.Value("string"),
            }))

    def _compute(self, predictions, references, k=(1, 10, 100), num_workers=4, timeout=3.0):
        return code_eval.compute(references, predictions, k, num_workers, timeout)
