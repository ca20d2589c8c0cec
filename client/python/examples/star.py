"""STaR (Zelikman et al., 2022): keep the rationales that led to right answers, rationalise others.

`model(prompts)` is yours and returns a text for each. Gives the lines to fine-tune on; the hint
that led to a rationale is not in them.
"""
import assay


def star(model, client, questions, answers):
    tasks = [assay.Task(assay.Tests.answer(answer)) for answer in answers]
    texts = model(questions)
    results = client.evaluate_batch(zip(tasks, texts))
    wrong = [index for index, result in enumerate(results) if not result.passed]
    hinted = model([f"{questions[index]} (Hint: {answers[index]})" for index in wrong])
    again = client.evaluate_batch([(tasks[index], text) for index, text in zip(wrong, hinted)])
    kept = [(questions[index], texts[index]) for index, each in enumerate(results) if each.passed]
    kept += [(questions[index], text) for index, text, each in zip(wrong, hinted, again)
             if each.passed]
    return [{"prompt": question, "completion": text} for question, text in kept]
