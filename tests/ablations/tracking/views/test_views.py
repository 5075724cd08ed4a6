"""What MLflow's UI shows of a study: the views as it reads them, and the addresses that lead there."""

import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ablations.tracking.views.links import MOST_COMPARED, Links
from ablations.tracking.views.subject import Contents, colours_of, score_on_the_way, subject_of
from ablations.tracking.views.views import LIMIT, views_of
from gan_core.config import resolve
from tests.ablations.journals import make_arm, make_trial


def contents(arms: int = 3, seeds: int = 2, score: str | None = "score/fid1k_x", **own: object) -> Contents:
    names = tuple(f"arm_{n}" for n in range(arms))
    facts = {"factors": ("a", "b"), "score": score, "is_ranked": score is not None, "seed": 4, "last_step": 30_000}
    return Contents(study="s", arms=names, trials=arms * seeds, **{**facts, **own})  # type: ignore[arg-type]


def states(of: Contents) -> dict[str, dict[str, object]]:
    return {name: json.loads(text) for name, text in views_of(of).items()}


def cards(state: dict[str, object]) -> dict[str, dict[str, object]]:
    return {card["uuid"]: card for card in state["compareRunCharts"]}  # type: ignore[attr-defined]


def test_every_chart_stands_in_a_section_that_is_open() -> None:
    for state in states(contents()).values():
        opened = {section["uuid"] for section in state["compareRunSections"] if section["display"]}  # type: ignore[attr-defined]
        used = {card["metricSectionId"] for card in cards(state).values()}
        assert used == opened


def test_the_first_view_has_curves_pictures_and_parallel_coordinates_of_all_runs() -> None:
    first = states(contents())["study"]
    assert [card["type"] for card in cards(first).values()] == ["LINE", "BAR", "IMAGE", "PARALLEL", "PARALLEL"]
    assert cards(first)["fid-curves"]["metricKey"] == "score/fid1k_x"
    assert cards(first)["samples"]["step"] == 30_000
    assert cards(first)["parallel-factors"]["selectedParams"] == ["a", "b"]
    assert first["groupBy"] is None


def test_the_arms_are_groups_that_are_folded() -> None:
    arms = states(contents())["arms"]
    assert arms["groupBy"]["groupByKeys"] == [{"mode": "param", "groupByData": "arm"}]  # type: ignore[index]
    assert arms["groupsExpanded"] == {f"param.arm.arm_{n}": False for n in range(3)}


def test_pictures_are_of_one_seed_or_of_the_best_arms_where_there_are_more_than_fit() -> None:
    assert states(contents())["images"]["searchFilter"] == "params.seed = '4'"
    many = states(contents(arms=12, pictured=tuple(f"run{n}" for n in range(12))))["images"]["searchFilter"]
    assert many == "attributes.run_id IN (" + ", ".join(f"'run{n}'" for n in range(10)) + ")"


def test_without_scores_the_losses_are_drawn_and_nothing_that_is_not_there() -> None:
    for state in states(contents(score=None)).values():
        assert "fid_best" not in str(cards(state))
        assert state["orderByKey"] != "metrics.`fid_best`"
    assert {"loss-d", "loss-g"} <= set(cards(states(contents(score=None))["study"]))


def test_many_arms_and_runs_stay_within_what_a_tag_holds_and_a_page_can_draw() -> None:
    few, many = contents(), contents(arms=300, seeds=10)
    assert all(len(text) <= LIMIT for text in views_of(many).values())
    assert {states(few)[name]["runsHiddenMode"] for name in ("study", "arms", "trials")} == {"SHOW_ALL"}
    assert {states(many)[name]["runsHiddenMode"] for name in ("study", "arms", "trials")} == {"FIRST_20_RUNS"}


def test_the_score_is_named_as_the_trainer_names_it() -> None:
    assert score_on_the_way(resolve({"progress_samples": 500})) == "score/fid500_fmnistcnn-ba693ea7"
    assert score_on_the_way(resolve({"progress_samples": 2000})) == "score/fid2k_fmnistcnn-ba693ea7"
    assert score_on_the_way(resolve({"extractor": "none"})) is None


def test_an_axis_has_numbers_or_words_and_never_both(tmp_path: Path) -> None:
    factors = {
        "dropout": {"dropout": 0.3},  # 'off' and '0.3'
        "selu": {"activation_g": "selu"},  # 'off' and 'selu', or the activations' names
        "batch_size": {"batch_size": 20},  # where a factor is a setting, the baseline has a value of it
    }
    arms = [make_arm(name, (name,) if name in factors else (), factors) for name in ("baseline", *factors)]
    trials = [make_trial(tmp_path, arm, seed) for arm in arms for seed in (3, 1)]
    found = subject_of("s", trials)
    assert found.factors == ("selu", "batch_size")
    assert (found.arms, found.trials, found.seed) == (("baseline", *factors), 8, 1)


def test_neighbouring_arms_have_colours_of_their_own() -> None:
    colours = list(colours_of([str(n) for n in range(40)]).values())
    assert len(set(colours[:16])) == 16
    assert all(a != b for a, b in pairwise(colours))


def test_addresses_of_a_server_and_within_the_ui() -> None:
    at, within = Links("http://host:5000", "7"), Links("", "7")
    assert at.view("arms") == f"http://host:5000/{within.view('arms')}"
    route, _, query = within.view("arms").removeprefix("#").partition("?")
    asked = parse_qs(query)
    assert route == "/experiments/7/runs"
    assert asked["viewStateShareKey"] == ["arms"]
    assert asked["workflowType"] == ["machine_learning"]
    assert "compareRunsMode" not in within.view("trials", charts=False)
    report = urlsplit(at.run("abc", "report.html")).fragment
    assert report.startswith("/experiments/7/runs/abc/artifacts/report.html?")


def test_a_comparison_names_its_runs() -> None:
    fragment = urlsplit(Links("http://host", "7").comparison([f"r{n}" for n in range(30)])).fragment
    asked = parse_qs(fragment.partition("?")[2])
    assert json.loads(asked["runs"][0]) == [f"r{n}" for n in range(MOST_COMPARED)]
    assert json.loads(asked["experiments"][0]) == ["7"]
