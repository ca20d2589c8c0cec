"""What is recorded of tests that are functions or methods (kinds unittest and pytest).

An outcome goes to C as soon as it is known (methods.c). What is told of a failure, finds
method_values.py.

A skip is only told as one if the tests decide it by themselves: by what the source says alone, or,
split, before anything was asked of the candidate. Else it is a failure: a candidate that cannot
pass a test must not be able to be spared it.
"""

import _assay
import texts
from method_values import NOTHING, VALUE_BYTES, place_of
from texts import OUTCOME_ERROR, OUTCOME_FAILED, __builtins__, layout

__assay__ = layout

OUTCOME_PASSED = 1
OUTCOME_SKIPPED = 6


class Tally:
    """Outcomes of the cases of a plan. `candidate`: of a split examination."""

    def __init__(self, plan, framework, candidate=None):
        self.plan = plan
        self.failure = framework.failure
        self.candidate = candidate
        self.goes_on = True
        self.has_passed = False
        self.reached = set()
        self.left = {}  # index -> cases that are still to come
        self.skipped = {}  # index -> (name, reason) of a case that was; None: another has passed
        self.is_asked_early = False  # the candidate was asked while the tests were defined
        self.asked_at = self.asked()  # requests made when the present test began

    def asked(self):
        return self.candidate.n_requests if self.candidate is not None else 0

    def end_definition(self):
        self.is_asked_early = self.asked() > self.asked_at

    def forget_requests(self, number):
        """They were the framework's, which looks at all that it is given, and not the tests'."""
        if self.candidate is not None:
            self.candidate.n_requests -= number

    def begin(self):
        """A test begins, or what stands between two."""
        if self.candidate is not None:
            self.candidate.settle_all()
        self.asked_at = self.asked()

    def record(self, index, outcome, name, place=NOTHING, told=(b"", b"", b""), line=0):
        self.reached.add(index)
        self.has_passed = self.has_passed or outcome == OUTCOME_PASSED
        name = name.encode("utf-8", "replace")[:500]
        if not _assay.record(index, outcome, (name, *place, *told), line):
            self.goes_on = False

    def expect(self, index):
        """One more case will tell its outcome of this index."""
        self.left[index] = self.left.get(index, 0) + 1

    def end_case(self, index, name, has_passed):
        """The index has passed, or is skipped, when its last case is over."""
        left = self.left.get(index, 1) - 1
        self.left[index] = left
        if has_passed:
            self.skipped[index] = None
        if left > 0:
            return
        skipped = self.skipped.get(index)
        if skipped is None:
            self.record(index, OUTCOME_PASSED, name)
        else:
            self.record(index, OUTCOME_SKIPPED, skipped[0], told=(b"", skipped[1], b""))

    def fail(self, index, name, error):
        place, is_explained = place_of(error, self.plan)
        outcome, kind, message, traceback, line = texts.explain(error, VALUE_BYTES)
        if outcome == OUTCOME_ERROR and isinstance(error, self.failure):
            outcome = OUTCOME_FAILED
        if outcome == OUTCOME_FAILED and is_explained:
            kind = message = traceback = b""
        self.record(index, outcome, name, place, (kind, message, traceback), line)

    def fail_with(self, index, name, text, outcome=OUTCOME_FAILED):
        self.record(index, outcome, name, told=(b"", texts.encode(text, VALUE_BYTES), b""))

    def may_skip(self, key, is_marked):
        """Do the tests decide by themselves to leave this one out now? `is_marked`: a mark of it,
        such as a decorator, says so."""
        if key in (self.plan.marked if is_marked else self.plan.leaving):
            return True
        return self.is_unasked() and self.asked() == self.asked_at

    def may_fail(self, key):
        """Was it marked as one that fails by the tests themselves, before it began?"""
        return key in self.plan.marked or self.is_unasked()

    def must_exist(self, key):
        """Could the candidate have kept the test from being defined?"""
        return key not in self.plan.optional and not self.is_unasked()

    def is_unasked(self):
        """Were the tests defined without anything of the candidate?"""
        return self.candidate is not None and not self.is_asked_early

    def skip(self, index, name, reason, is_allowed):
        if not is_allowed:
            self.fail_with(index, name, "skipped, which the candidate may have caused: " + reason)
            return
        if self.skipped.get(index, True) is not None:
            self.skipped[index] = (name, texts.encode(reason, VALUE_BYTES))
        self.end_case(index, name, False)

    def complete(self, errors):
        """What was planned and not reached. `errors`: class -> what kept its tests away."""
        if not self.goes_on or (self.candidate is not None and self.candidate.gone is not None):
            return
        for key, indices in self.plan.places.items():
            for index in indices:
                if index in self.reached or index in self.plan.rewriter.decided:
                    continue
                error = errors.get(key.rpartition(".")[0], errors.get(""))
                if error is not None:
                    self.fail(index, key, error)
                elif index in self.left or self.must_exist(key):
                    self.fail_with(index, key, "the test did not run", OUTCOME_ERROR)
