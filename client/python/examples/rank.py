"""CodeT (Chen et al., 2022): the best of many candidates, found by tests that the model wrote itself.

`codes` and `asserts` are texts of the model, as often as it wrote them; a Task says how code is put
together (prompt, entry point). Gives the candidates in groups that pass the same tests, best first.
"""
import math

import assay


def rank(client, task, codes, asserts):
    suites = [assay.Tests.asserts([text]) for text in dict.fromkeys(asserts)]
    different = list(dict.fromkeys(codes))
    groups = {}
    for code, row in zip(different, client.evaluate_matrix(task, suites, different)):
        passed = frozenset(suite.items[0] for suite, result in zip(suites, row) if result.passed)
        groups.setdefault(passed, []).extend([code] * codes.count(code))

    def score(passed):
        return math.sqrt(len(groups[passed])) * sum(text in passed for text in asserts)
    return [groups[passed] for passed in sorted(groups, key=score, reverse=True)]
