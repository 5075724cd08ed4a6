"""What a problem says, whoever chose its words."""

from gan_core.problems import Problem, nearest_name, printable, shown


def test_nothing_in_a_problem_acts_on_a_terminal() -> None:
    problem = Problem("no \x1b[31m", ("a\rb", 1), "x\x00", source="\udcff.yaml:1")
    assert str(problem) == r"\udcff.yaml:1: a\rb.1: no \x1b[31m; allowed: x\x00"
    assert problem.where == ("a\rb", 1)
    assert printable("two\nlines, é") == "two\nlines, é"


def test_a_long_value_is_cut_and_a_huge_number_is_not_written() -> None:
    assert shown("x" * 1000) == f"'{'x' * 179}... (1002 characters)"
    assert shown(10**5000) == "a number of 16610 bits"
    assert shown([1, "a"]) == "[1, 'a']"
    assert nearest_name("x" * 100_000, ["x"]) == ""
