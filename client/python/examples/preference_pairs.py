"""Preference pairs for DPO or ORPO: of each task, a sample that passed beside one that did not.

`samples` holds texts for each task; columns are those that TRL reads. What could not be judged, or
is no better by `margin`, makes no pair.
"""


def preference_pairs(client, prompts, tasks, samples, margin=0.5):
    flat = [(row, text) for row, texts in enumerate(samples) for text in dict.fromkeys(texts)]
    results = client.evaluate_batch([(tasks[row], text) for row, text in flat])
    judged = [[] for _ in tasks]
    for (row, text), result in zip(flat, results):
        reward = result.reward(partial=True)
        if reward is not None:
            judged[row].append((reward, text))
    return [{"prompt": prompt, "chosen": good[1], "rejected": bad[1]}
            for prompt, scored in zip(prompts, judged) if scored
            for good, bad in [(max(scored), min(scored))] if good[0] - bad[0] >= margin]
