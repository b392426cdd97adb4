"""Counts what held and what did not."""

import sys
import traceback


class Report:
    """Prints a line for each check, and a last one with the sums."""

    def __init__(self, verbose=True):
        self.passed = self.failed = 0
        self.verbose = verbose

    def check(self, name, holds, detail=""):
        """Notes one check; `detail` is shown when it does not hold."""
        if holds:
            self.passed += 1
            if self.verbose:
                print(f"ok    {name}")
        else:
            self.failed += 1
            print(f"FAIL  {name}  {detail}")
        sys.stdout.flush()
        return bool(holds)

    def equal(self, name, found, wanted):
        """Notes whether both are the same."""
        return self.check(name, found == wanted, f"got {found!r}, want {wanted!r}")

    def code(self, name, reply, *wanted):
        """Notes whether a reply has one of these codes."""
        wanted = wanted or (0,)
        detail = f"got {reply.code} {reply.get('ErrorInfo')!r}, want {' or '.join(map(str, wanted))}"
        return self.check(f"{name} [{'/'.join(map(str, wanted))}]", reply.code in wanted, detail)

    def section(self, function, *arguments):
        """Runs a section; one that breaks off counts as one failure."""
        try:
            function(*arguments)
        except Exception:  # a section that broke off says nothing of the others
            self.check(f"section {function.__name__}", False, traceback.format_exc())

    def end(self):
        """Prints the sums; the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
