"""Self-play (Haluptzok et al., 2022; Absolute Zero, Zhao et al., 2025): problems that teach something.

`propose()` and `solve(prompts)` are yours: a (prompt, entry point, assertions, solution), and a text
for each prompt. Gives the problem with its solved texts, or None if it is not worth to be kept.
"""
import dataclasses

import assay


def selfplay(propose, solve, client, n=8):
    prompt, entry_point, asserts, reference = propose()
    task = assay.Task(assay.Tests.asserts(asserts), prompt=prompt, entry_point=entry_point,
                      extract="last_fence")
    nothing = f"def {entry_point}(*arguments): pass"
    proof = dataclasses.replace(task, repeat=3)  # always the same, and not without doing anything
    sound, vacuous = client.evaluate_batch([(proof, reference), (proof, nothing)])
    if not sound.passed or not sound.repeats.agree or vacuous.passed:
        return None
    texts = solve([prompt] * n)
    results = client.evaluate_batch([(task, text) for text in texts])
    solved = [text for text, result in zip(texts, results) if result.passed]
    return (prompt, asserts, solved) if 0 < len(solved) < n else None
