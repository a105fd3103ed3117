"""Every harness takes the inputs that its fuzzing starts from. `.ci/run` goes on from there."""

import pytest
from fuzz.run import NAMES, harness


@pytest.mark.parametrize("name", NAMES)
def test_corpus_does_no_harm(name: str) -> None:
    module = harness(name)
    inputs = list(module.corpus())
    assert len(set(inputs)) == len(inputs) > 3
    for data in inputs:
        module.one_input(data)
