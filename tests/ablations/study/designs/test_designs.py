"""Designs: what holds for each of them, and the arms of each written out."""

import pytest

from ablations.study.designs import ALL, BASELINE, DESIGNS, DesignOptions, Layout
from ablations.study.designs.arm_names import LONGEST, arm_name
from gan_core.problems import UserError

FACTORS = ("b", "a", "c")
ARMS = {"some": ("a", "b"), "plain": (), "other": ("c",)}
OPTIONS = {
    "fractional": DesignOptions(resolution=3),
    "arms": DesignOptions(arms=dict(ARMS), reference="plain"),
}


def laid_out(design: str, factors: tuple[str, ...] = FACTORS, **options: object) -> Layout:
    return DESIGNS[design].lay_out(factors, OPTIONS.get(design, DesignOptions()).model_copy(update=options))


def arms(layout: Layout) -> list[tuple[str, set[str]]]:
    return [(combination.arm, set(combination.on)) for combination in layout.combinations]


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design(design: str) -> None:
    layout = laid_out(design)
    names = [combination.arm for combination in layout.combinations]
    assert names[0] == layout.reference
    assert len(set(names)) == len(names)
    assert all(combination.on <= set(FACTORS) for combination in layout.combinations)
    assert all(combination.previous is None or combination.previous in names for combination in layout.combinations)
    assert layout == laid_out(design)
    assert DESIGNS[design].needs <= DESIGNS[design].takes <= DesignOptions.model_fields.keys()
    assert DESIGNS[design].summary


def test_every_option_has_one_design() -> None:
    assert sorted(option for design in DESIGNS.values() for option in design.takes) == sorted(
        DesignOptions.model_fields
    )


def test_one_in() -> None:
    alone = [("baseline", set()), ("b", {"b"}), ("a", {"a"}), ("c", {"c"})]
    assert arms(laid_out("one-in")) == alone
    assert arms(laid_out("one-in", all_together=True)) == [*alone, ("all", {"a", "b", "c"})]


def test_one_out() -> None:
    layout = laid_out("one-out")
    assert layout.reference == ALL
    assert arms(layout) == [
        ("all", {"a", "b", "c"}),
        ("without_b", {"a", "c"}),
        ("without_a", {"b", "c"}),
        ("without_c", {"a", "b"}),
    ]


def test_ladder() -> None:
    layout = laid_out("ladder")
    assert arms(layout) == [
        ("baseline", set()),
        ("1+b", {"b"}),
        ("2+a", {"b", "a"}),
        ("3+c", {"b", "a", "c"}),
    ]
    assert [combination.previous for combination in layout.combinations] == [None, "baseline", "1+b", "2+a"]


def test_factorial() -> None:
    assert arms(laid_out("factorial")) == [
        ("baseline", set()),
        ("b", {"b"}),
        ("a", {"a"}),
        ("a+b", {"a", "b"}),
        ("c", {"c"}),
        ("b+c", {"b", "c"}),
        ("a+c", {"a", "c"}),
        ("all", {"a", "b", "c"}),
    ]
    assert len(laid_out("factorial", tuple("abcdefghij")).combinations) == 1024
    with pytest.raises(UserError, match=r"11 factors make 2048 arms; allowed: at most 1024 arms; `design: fractional`"):
        laid_out("factorial", tuple("abcdefghijk"))


def test_a_list_of_arms() -> None:
    assert arms(laid_out("arms")) == [("plain", set()), ("some", {"a", "b"}), ("other", {"c"})]
    assert laid_out("arms", reference=None).reference == "some"
    by_settings = laid_out("arms", ("wide",), arms={"plain": {}, "wide": {"width": 9}})
    assert arms(by_settings) == [("plain", set()), ("wide", {"wide"})]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arms": {"plain": (), "x": ("aa",)}}, r"arms\.x\.0: no factor is called 'aa'; allowed: b, a, c; .* 'a'\?"),
        ({"arms": {"plain": (), "x": ("a", "b", "a")}}, r"arms\.x\.2: 'a' is there twice"),
        ({"reference": "plane"}, r"reference: no arm is called 'plane'; allowed: some, plain, other; .* 'plain'\?"),
    ],
)
def test_mistakes_in_a_list_of_arms(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        laid_out("arms", **options)


def test_names_of_arms() -> None:
    many = [f"factor_number_{i}" for i in range(8)]
    assert arm_name((), many) == BASELINE
    assert arm_name(many, many) == ALL
    assert arm_name(["b", "a"], ["b", "a", "c"]) == "a+b" == arm_name(["a", "b"], ["c", "a", "b"])
    assert arm_name(["a"], ["a"]) == "a"
    long = arm_name(many[:6], many)
    assert long.startswith("factor_number_0+factor_number_1+factor_number_2+3more+")
    assert len(long) <= LONGEST
    assert long == arm_name(many[5::-1], many) != arm_name([*many[:5], many[7]], many)  # of the same length
    assert len(arm_name(["x" * 64, "y" * 64], ["x" * 64, "y" * 64, "z"])) <= LONGEST


def test_designs_cannot_be_changed_in_passing() -> None:
    with pytest.raises(TypeError):
        DESIGNS["mine"] = DESIGNS["one-in"]  # type: ignore[index]
