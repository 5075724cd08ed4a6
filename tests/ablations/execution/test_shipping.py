"""An execution on other machines, as its parent sees it: a login node without data, GPUs or room."""

from pathlib import Path
from typing import Any

import pytest

from ablations.execution.device_fit import refuse_unfit
from ablations.execution.floors import FloorWork
from ablations.execution.places import resources_elsewhere, resources_there
from ablations.execution.session import ExecutionOptions, open_session
from ablations.execution.shipping import Shipping
from ablations.executors.elsewhere.agreement import agree, agreed
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.offer import offer
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.names import ExecutorName
from ablations.study.cluster import ClusterNeeds
from ablations.workspace.trials import Trial
from gan_core import datasets
from gan_core.events import AnyEvent
from gan_core.problems import UserError
from gan_core.training import training_data
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study, tiny_trials

Journals = dict[str, list[AnyEvent]]


def nothing(text: str, share: float | None = None) -> None:
    return


@pytest.fixture
def trials(tmp_path: Path) -> tuple[Trial, ...]:
    return tiny_trials(tmp_path, seeds=2)


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    return Exchange(str(tmp_path / "exchange"))


@pytest.fixture
def unread(trials: tuple[Trial, ...]) -> Journals:
    return {trial.name: [] for trial in trials}


def begun(trial: Trial, digest: str) -> list[AnyEvent]:
    first = next(iter(story(trial, 1.0)))
    return [first.model_copy(update={"data_digest": digest})]


def test_what_is_not_here_is_not_made(
    trials: tuple[Trial, ...], unread: Journals, exchange: Exchange, tmp_path: Path
) -> None:
    login, digests = tmp_path / "login", dict[Any, str]()
    shipping = Shipping(exchange.uri, login, None, digests)
    shipping.learn(trials, trials, unread)
    shipping.send(trials, nothing)
    assert digests == {}
    assert not login.exists()
    assert exchange.files("data") == exchange.files("weights") == ()


def test_what_is_prepared_here_is_sent_once(
    trials: tuple[Trial, ...],
    unread: Journals,
    exchange: Exchange,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digests = dict[Any, str]()
    shipping = Shipping(exchange.uri, home, None, digests)
    shipping.learn(trials, trials, unread)
    digest = datasets.load("shapes", "train", 16, home).digest
    assert digests == {training_data.key(trials[0].config): digest}
    shipping.send(trials[:1], nothing, lambda: True)  # Ctrl-C
    assert exchange.files(f"data/{digest}") == ("images.npy.0",)
    shipping.send(trials[:1], nothing)
    assert "images.npy.0" in exchange.files(f"data/{digest}")
    monkeypatch.setattr("ablations.execution.shipping.offer", lambda configs, *_: None if not configs else 1 / 0)
    shipping.send(trials, nothing)  # asks nobody again for what one trial of them needs
    assert shipping.clear() == ""
    assert exchange.files("data") == ()


def test_trials_that_have_begun_say_which_images(
    trials: tuple[Trial, ...], unread: Journals, exchange: Exchange, tmp_path: Path, home: Path
) -> None:
    journals = {**unread, trials[0].name: begun(trials[0], "0123456789abcdef")}
    digests = dict[Any, str]()
    Shipping(exchange.uri, tmp_path / "login", None, digests).learn(trials[1:], trials, journals)
    assert set(digests.values()) == {"0123456789abcdef"}
    with pytest.raises(UserError, match=r"are not those that 1 trial.*0123456789abcdef then"):
        Shipping(exchange.uri, home, None, {}).learn(trials[1:], trials, journals)


def test_trials_on_two_sets_of_images_are_refused(
    trials: tuple[Trial, ...], unread: Journals, exchange: Exchange, tmp_path: Path
) -> None:
    two = {trial.name: begun(trial, digit * 16) for trial, digit in zip(trials, "12", strict=False)}
    with pytest.raises(UserError, match="2222222222222222 then, 1111111111111111 now"):
        Shipping(exchange.uri, tmp_path / "login", None, {}).learn(trials[2:], trials, {**unread, **two})


def test_what_was_agreed_on_for_nothing_binds_nobody(
    trials: tuple[Trial, ...], unread: Journals, exchange: Exchange, tmp_path: Path
) -> None:
    config = trials[0].config
    agree(exchange, config, "0123456789abcdef", "x-seed0")
    exchange.put_bytes("trials/x-seed0/attempt/begun.txt", b"{}")
    Shipping(exchange.uri, tmp_path / "login", None, {}).learn(trials, trials, unread)
    assert agreed(exchange, config) == "0123456789abcdef"  # somebody may be at work on these
    exchange.remove("trials")
    Shipping(exchange.uri, tmp_path / "login", None, {}).learn(trials, trials, unread)
    assert agreed(exchange, config) is None


def test_weights_that_the_user_gives_are_checked_here(
    trials: tuple[Trial, ...], exchange: Exchange, tmp_path: Path
) -> None:
    (tmp_path / "weights.pth").write_bytes(b"none")
    with_inception = tiny_trials(tmp_path, data="shapes", extractor="inception")
    with pytest.raises(UserError, match=r"inception_weights: .*has sha256"):
        Shipping(exchange.uri, tmp_path / "login", tmp_path / "weights.pth", {}).send(with_inception, nothing)
    Shipping(exchange.uri, tmp_path / "login", None, {}).send(with_inception, nothing)  # nodes download them


@pytest.fixture
def no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that must not be asked for anything."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("this machine was asked")

    for place in ("gan_core.machine.resources", "ablations.execution.device_fit"):
        for name in ("available_devices", "checked_device", "cores", "gpu_places", "memory_of"):
            monkeypatch.setattr(f"{place}.{name}", asked, raising=False)


@pytest.mark.usefixtures("no_machine")
def test_this_machine_does_not_say_what_fits_elsewhere(tmp_path: Path) -> None:
    study = tiny_study(tmp_path, seeds=2)
    refuse_unfit(study, None, elsewhere=True)
    with pytest.raises(AssertionError):
        refuse_unfit(study, None)
    places = resources_elsewhere("slurm", ClusterNeeds(cpus=2, gpus=0.5, workers=1), 4)
    assert (places.workers, places.threads, places.devices) == (2, 2, ("cuda",))
    assert resources_elsewhere("slurm", ClusterNeeds(workers=100), 4).workers == 4  # as many as there are trials
    assert resources_elsewhere("ray", ClusterNeeds(gpus=0.5, workers=2), 4).workers == 2  # Ray's workers are trials


def test_a_cluster_that_can_tell_its_places_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a deadline admits is counted by them."""
    asked = Elsewhere("tiny", Path("tiny"), ClusterNeeds(workers=8))
    for told, places in (((3, "room for 3"), 3), ((20, "room for 20"), 8), ((None, "at most"), 8)):
        monkeypatch.setattr("ablations.execution.places.places_told", lambda *_, told=told: told)
        found = resources_there("ray", asked, 100)
        assert (found.workers, found.why) == (places, told[1])


@pytest.mark.parametrize(("executor", "cluster"), [("slurm", ClusterNeeds()), ("ray", ClusterNeeds(workers=3))])
def test_an_execution_on_a_cluster_has_the_places_of_its_plan(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, executor: ExecutorName, cluster: ClusterNeeds
) -> None:
    """Where the cluster tells of no others."""
    monkeypatch.setattr("ablations.execution.places.places_told", lambda *_: (None, ""))
    study = tiny_study(tmp_path, seeds=20)
    options = ExecutionOptions(home=home, executor=executor, cluster=cluster)
    with open_session(study, tmp_path / "runs", options) as session:
        assert session.resources == resources_elsewhere(executor, cluster, 40)
        assert session.resources.workers == (16 if executor == "slurm" else 3)


def test_floors_without_images_are_one_note(tmp_path: Path, home: Path) -> None:
    study = tiny_study(tmp_path)
    configs = [arm.config for arm in study.arms]

    def work(where: Path) -> FloorWork:
        return FloorWork(configs, tmp_path, where, "cpu", [], here=True, requested=None, may_load=False)

    made = work(tmp_path / "login")
    made.start(nothing)
    made.finish(nothing)
    (note,) = made.warnings
    assert "no floors: the images of shapes" in note
    assert "--executor processes" in note
    assert not (tmp_path / "login").exists()
    datasets.load("shapes", "test", 16, home)
    made = work(home)
    made.start(nothing)
    assert made.warnings == []


def test_only_what_is_prepared_is_offered(trials: tuple[Trial, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest that trials told, of images that are not here, sends nothing."""
    monkeypatch.setattr("ablations.executors.elsewhere.offer.send", None)  # calling it would fail
    digests = {training_data.key(trials[0].config): "0123456789abcdef"}
    offer([trials[0].config], digests, Path("/nowhere"), Exchange("/nowhere/at/all"), lambda *_: None)
