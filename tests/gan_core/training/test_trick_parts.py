"""What a plug-in's `build` gets wrong is one message with its place, before anything trains."""

from collections.abc import Callable, Iterator

import pytest

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.plugin_text import Source
from gan_core.plugins.load import load_source
from gan_core.plugins.loaded import unload
from gan_core.problems import UserError
from gan_core.training.trick_parts import own_code_problem
from tests.gan_core.contract.broken_tricks import plugin
from tests.gan_core.trainer import TINY, tiny_state

WRONG = {
    "return None": "gives NoneType, not Parts",
    "return Parts(view=lambda x: x)": "view is function, not a tuple of functions: view=(..., )",
    'return Parts(eager="it draws")': "eager is str, not a tuple of texts",
    "return Parts(d_terms=(lambda seen: seen.logits_fake.sum(),))": "d_terms holds function, and not Terms alone",
    "return Parts(view=(0.5,))": "view holds float, and not functions alone",
    "return Parts(state=tally)": "state is DoseMeter, not a dict",
    "return Parts(look=())": "raised TypeError: Parts.__init__() got an unexpected keyword argument 'look'",
    "return 1 / 0": "raised ZeroDivisionError: division by zero",
}


@pytest.fixture
def loaded() -> Iterator[Callable[[str], str]]:
    """Loads a body of `build`, which is forgotten after the test; gives the entry of the plug-in."""
    entries = []

    def load(body: str) -> str:
        entries.append(load_source(Source("own.py", plugin(body), "own.py")).entry)
        return entries[-1]

    yield load
    for entry in entries:
        unload(entry)


@pytest.mark.parametrize("body", WRONG)
def test_a_build_that_gives_no_parts_is_told(body: str, loaded: Callable[[str], str], images: ImageArray) -> None:
    settings = {"own": True, "use": [loaded(body)]}
    problem = own_code_problem(resolve({**TINY, **settings}))
    assert problem is not None
    assert WRONG[body] in problem.message
    assert problem.source.startswith("own.py")
    assert ("raised" in problem.message) == (problem.source != "own.py")  # then with the line
    with pytest.raises(UserError) as error:
        tiny_state(images, **settings)
    assert error.value.problems == (problem,)


def test_what_can_be_built_is_no_problem_and_ours_are_not_tried(loaded: Callable[[str], str]) -> None:
    entry = loaded("return Parts(view=(lambda x: x * 0.5,), **kept)")
    assert (
        own_code_problem(resolve({**TINY, "own": True, "use": [entry], "conditional": True, "data": "shapes"})) is None
    )
    assert own_code_problem(resolve({**TINY, "dropout": True})) is None


def test_what_raises_where_networks_are_edited_is_told(loaded: Callable[[str], str]) -> None:
    entry = loaded("def edit(net, player):\n    net.nope\nreturn Parts(layers=(edit,))")
    problem = own_code_problem(resolve({**TINY, "own": True, "use": [entry]}))
    assert problem is not None
    assert "building the networks raised AttributeError" in problem.message
    assert problem.source.startswith("own.py:")
