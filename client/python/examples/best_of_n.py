"""Best of n: the first sample that passes, else the one that passes most tests.

Judging goes on while others are judged; once one has passed, the rest is cancelled.
"""


async def best_of_n(client, task, samples):
    best, best_score = None, -1.0
    async for position, result in client.as_completed((task, text) for text in samples):
        if result.passed:
            return samples[position]
        if not result.maskable and result.score > best_score:
            best, best_score = samples[position], result.score
    return best
