"""What a test does where the machine lacks something that it needs."""
import os
import unittest


def lacking(reason):
    """Skips the test by name, with the reason; in CI as root, where everything is to be had, that is a failure."""
    if os.environ.get("CI") and os.geteuid() == 0:
        raise AssertionError("in CI nothing may be skipped: " + reason)
    raise unittest.SkipTest(reason)
