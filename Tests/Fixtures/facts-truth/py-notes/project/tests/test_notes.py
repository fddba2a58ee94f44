import os

import requests

os.environ["ONLY_IN_TESTS"] = os.environ["TEST_HOME"]


def test_home():
    assert requests.get("http://only.in.tests/").ok
