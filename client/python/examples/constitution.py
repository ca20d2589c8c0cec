"""Constitutional AI (Bai et al., 2022) for code: critique, revise, and keep what breaks no test.

`model(prompts)` is yours and returns a text for each; `principles` are pairs of what to criticise by
and what to ask for. Gives texts to fine-tune on, and preferences of what is right over what is not.
"""


def constitution(model, client, prompts, tasks, principles):
    def judge(texts):
        return client.evaluate_batch(list(zip(tasks, texts)))

    first = texts = model(prompts)
    results = before = judge(texts)
    for critique, revision in [("What is wrong?", "Mend that."), *principles]:
        shown = [f"{prompt}\n\n{text}\n\n{'' if result.passed else result.feedback()}"
                 for prompt, text, result in zip(prompts, texts, results)]
        said = model([f"{text}\n\n{critique}" for text in shown])
        new = model([f"{text}\n\n{each}\n\n{revision}" for text, each in zip(shown, said)])
        kept = [(b, y) if y.passed or not x.passed else (a, x)
                for a, x, b, y in zip(texts, results, new, judge(new))]
        texts, results = map(list, zip(*kept))
    rows = list(zip(prompts, first, before, texts, results))
    sft = [{"prompt": row[0], "completion": row[3]} for row in rows if row[4].passed]
    return sft, [{"prompt": prompt, "chosen": new, "rejected": old} for prompt, old, x, new, y in rows
                 if y.passed and not x.passed and not x.maskable]
