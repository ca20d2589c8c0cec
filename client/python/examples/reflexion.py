"""Reflexion (Shinn et al., 2023): try, be told what failed, reflect, try again with that in mind.

`model(prompt)` is yours and returns a text. Ends with code that passes the tests, or the last one.
"""
from assay.integrations.reflexion import executor_factory


def reflexion(model, prompt, tests, attempts=4):
    executor, memory = executor_factory("py"), []
    for _ in range(attempts):
        code = model(prompt + "".join(memory))
        result = executor.execute(code, tests)
        if result.is_passing:
            break
        question = "\n\nWhat was wrong, and what is to be done instead?"
        memory.append("\n\n# Learned before: " + model(code + "\n\n" + result.feedback + question))
    return code, result.is_passing, memory
