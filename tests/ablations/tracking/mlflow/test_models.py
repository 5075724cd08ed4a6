"""Each arm's best generator is a logged model, once; what is registered is a version, once."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import mlflow.pytorch
import numpy as np
import pytest
import torch
from mlflow.models import Model
from safetensors.torch import save_file

from ablations.results.best_generators import WEIGHTS, best_generators, not_logged
from ablations.tracking.mlflow.export import exported_generator
from ablations.tracking.mlflow.models import DRAFTS, Logged, log_models
from ablations.tracking.mlflow.store import Store
from ablations.tracking.model_names import alias_of, check_register, model_name
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.execution_record import Execution
from ablations.workspace.model_record import FOLDER, read_model
from ablations.workspace.trials import Trial
from gan_core.problems import UserError
from gan_core.show.saved import load_generator
from gan_core.training.build import build
from tests.ablations.journals import make_arm, write_trial
from tests.ablations.tracking.conftest import Place

OTHER = make_arm("ttur", ("ttur",))
BASELINE = make_arm("baseline")


def with_weights(trial: Trial) -> Trial:
    """The trial, with a generator beside its journal."""
    random = np.random.default_rng(trial.seed)
    state = build(trial.config, random.integers(0, 256, (12, 1, 16, 16), dtype=np.uint8), torch.device("cpu"))
    save_file({k: v.contiguous() for k, v in state.shown_g.state_dict().items()}, trial.directory / WEIGHTS)
    return trial


class Study:
    """Two arms whose runs are in the store, and the store."""

    def __init__(self, place: Place, root: Path, execution_of: Callable[..., Execution]) -> None:
        self.place, self.root, self.execution_of = place, root, execution_of
        self.send(
            *(with_weights(write_trial(root, BASELINE, seed, fid)) for seed, fid in ((0, 20.0), (1, 18.0))),
            with_weights(write_trial(root, OTHER, 0, 22.0)),
        )

    def send(self, *trials: Trial) -> None:
        tracker = self.place.tracker()
        tracker.begin(self.execution_of(*trials))
        tracker.start()
        for trial in trials:
            tracker.notify(trial, ended=True)
        assert tracker.close(60) == ""
        self.store: Store = tracker.store

    def log(self, register: str | None = None) -> list[Logged]:
        todo = not_logged(self.root, self.place.uri, register)
        return list(log_models(self.store, self.root, todo, register, here=True))

    def models(self) -> dict[str, Any]:
        """By the trial whose generator it is."""
        found = self.place.client.search_logged_models([self.store.experiment_id])
        named = {model.tags["ablations.generator"].rpartition("-")[0]: model for model in found}
        assert len(named) == len(found)
        return named


@pytest.fixture
def study(place: Place, tmp_path: Path, execution_of: Callable[..., Execution]) -> Study:
    return Study(place, tmp_path, execution_of)


def test_one_an_arm_linked_to_its_run_and_loadable(study: Study) -> None:
    assert study.log() == [Logged("baseline"), Logged("ttur")]
    models, runs = study.models(), study.place.runs()
    assert sorted(models) == ["baseline-seed1", "ttur-seed0"]  # the lower FID of the arm
    for name, model in models.items():
        run = runs[name]
        assert (model.name, str(model.status), model.source_run_id) == (run.data.tags["arm"], "READY", run.info.run_id)
        assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
        own = {metric.key: metric.value for metric in model.metrics}
        assert own == {key: value for key, value in run.data.metrics.items() if key in own}
        assert own["fid_best"] == {"baseline-seed1": 18.0, "ttur-seed0": 22.0}[name]
        assert model.tags["fid_protocol"] == run.data.tags["fid_protocol"]
        assert (model.params["arm"], model.params["latent_dim"]) == (model.name, "100")
        assert [step for step, *_ in study.place.history(run)["fid_best"]] == [0]  # still one point
        (result,) = [one for one in best_generators(study.root) if one.arm == model.name]
        saved = load_generator(Path(result.directory), "best")
        z = saved.latents("latent.test", 3)
        folder = model.artifact_location.removeprefix("file://")
        torch.testing.assert_close(mlflow.pytorch.load_model(folder)(z), saved.G.eval()(z), rtol=0, atol=1e-5)
        assert Model.load(folder).run_id == run.info.run_id
    assert not (study.root / FOLDER / DRAFTS).exists()


def test_again_nothing_and_a_better_seed_one_more(study: Study) -> None:
    study.log()
    before = {name: model.model_id for name, model in study.models().items()}
    assert not_logged(study.root, study.place.uri) == ()
    assert study.log() == []
    for path in (study.root / FOLDER).glob("*.json"):
        path.unlink()  # a crash before they were written
    assert len(study.log()) == 2
    assert {name: model.model_id for name, model in study.models().items()} == before
    study.send(with_weights(write_trial(study.root, OTHER, 1, 23.0)))
    assert study.log() == []
    study.send(with_weights(write_trial(study.root, OTHER, 2, 21.0)))
    assert study.log() == [Logged("ttur")]
    assert {name: model.model_id for name, model in study.models().items() if name != "ttur-seed2"} == before


def test_registered_once_with_the_arm_as_alias(study: Study) -> None:
    study.log()
    name = f"generators of {study.place.experiment}"
    assert study.log(name) == [Logged("baseline"), Logged("ttur")]  # models that are there already
    for path in (study.root / FOLDER).glob("*.json"):
        path.unlink()
    study.log(name)
    assert study.log(name) == []
    client, models = study.place.client, study.models()
    versions = client.search_model_versions(f"name = '{name}'")
    assert {version.source for version in versions} == {model.artifact_location for model in models.values()}
    assert len(versions) == 2
    chosen = client.get_model_version_by_alias(name, "ttur")
    assert (chosen.source, chosen.tags["arm"]) == (models["ttur-seed0"].artifact_location, "ttur")
    known = read_model(study.root, "ttur")
    assert known is not None
    assert known.registered == {name: str(chosen.version)}


def test_what_was_half_done_is_gone_on_with(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    client = study.store.client
    for method in ("log_model_artifacts", "log_batch", "log_outputs", "finalize_logged_model"):
        whole = getattr(type(client), method)

        def broken(*args: Any, whole: Any = whole, **options: Any) -> None:
            whole(*args, **options)  # carried out, and the answer lost
            raise OSError("no answer")

        with monkeypatch.context() as patch:
            patch.setattr(type(client), method, broken)
            assert study.log() == [Logged(arm, "OSError: no answer") for arm in ("baseline", "ttur")][:2]
        if method != "finalize_logged_model":
            assert [str(model.status) for model in study.models().values()] == ["PENDING"]
    assert study.log() == [Logged("baseline"), Logged("ttur")]
    assert sorted(study.models()) == ["baseline-seed1", "ttur-seed0"]
    runs = study.place.runs()
    assert len(runs["baseline-seed1"].outputs.model_outputs) == 1
    assert [step for step, *_ in study.place.history(runs["baseline-seed1"])["fid_best"]] == [0]


def test_one_that_cannot_be_exported_is_told_and_the_others_logged(study: Study) -> None:
    (result,) = [one for one in best_generators(study.root) if one.arm == "baseline"]
    (Path(result.directory) / WEIGHTS).write_bytes(b"nothing")
    first, second = study.log()
    assert first.arm == "baseline"
    assert "these are no weights" in first.problem
    assert second == Logged("ttur")
    assert [one.arm for one in not_logged(study.root, study.place.uri)] == ["baseline"]


def test_one_whose_run_is_not_in_the_store_is_told_and_the_others_logged(study: Study) -> None:
    (result,) = [one for one in best_generators(study.root) if one.arm == "baseline"]
    (Path(result.directory) / CURSOR).unlink()
    assert study.log() == [Logged("baseline", "the run of baseline-seed1 is not in the store yet"), Logged("ttur")]
    (study.root / FOLDER / "ttur.json").write_text("torn")
    assert [one.arm for one in not_logged(study.root, study.place.uri)] == ["baseline", "ttur"]


def test_without_weights_or_scores_there_is_no_best(tmp_path: Path) -> None:
    write_trial(tmp_path, BASELINE, 0, 20.0)  # its weights were removed
    with_weights(write_trial(tmp_path, OTHER, 0, 20.0, "diverged"))
    assert best_generators(tmp_path) == ()


def test_names() -> None:
    assert [alias_of(arm) for arm in ("ttur", "a+b-c", "latest", "v12", "v1x")] == [
        "ttur",
        "a_and_b-c",
        "arm-latest",
        "arm-v12",
        "v1x",
    ]
    check_register("fine", logged=True)
    check_register(None, logged=False)
    for name, logged in (("a/b", True), ("a:b", True), ("it's", True), (" ", True), ("fine", False)):
        with pytest.raises(UserError, match="register"):
            check_register(name, logged=logged)


def test_a_child_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    trial = with_weights(write_trial(tmp_path, BASELINE, 0, 20.0))
    with closing(
        exported_generator({"a": trial.directory, "b": trial.directory}, tmp_path, here=False, patience_s=0.0)
    ) as made:
        assert [(one.arm, one.problem) for one in made] == [("a", "its export took longer than 0 s")]
    assert list(exported_generator({}, tmp_path, here=False)) == []


def test_an_arm_of_a_block_is_a_model_though_its_name_has_a_dot(
    place: Place, tmp_path: Path, execution_of: Callable[..., Execution]
) -> None:
    study = Study.__new__(Study)
    study.place, study.root, study.execution_of = place, tmp_path, execution_of
    study.send(with_weights(write_trial(tmp_path, make_arm("ttur@mlp-lr_g=0.001", ("ttur",)), 0, 22.0)))
    assert list(log_models(study.store, tmp_path, best_generators(tmp_path), None, here=True)) == [
        Logged("ttur@mlp-lr_g=0.001")
    ]
    (model,) = study.store.client.search_logged_models([study.store.experiment_id])
    assert model.name == model_name("ttur@mlp-lr_g=0.001") == "ttur@mlp-lr_g=0-001"
