"""What fits where, in Ray's words."""

import pytest

from ablations.executors.ray_cluster import capacity
from ablations.executors.ray_cluster.capacity import GB, WAITING, Capacity, Node, task_options, too_much
from ablations.study.cluster import ClusterNeeds
from gan_core.problems import UserError

A100 = {"CPU": 16.0, "GPU": 2.0, "memory": 64 * GB, "accelerator_type:A100": 1.0}


@pytest.mark.parametrize(
    ("needs", "places"),
    [
        (ClusterNeeds(), 16),
        (ClusterNeeds(cpus=5), 3),
        (ClusterNeeds(gpus=0.25), 8),
        (ClusterNeeds(gpus=0.3), 6),  # three a GPU: a trial has its part of one
        (ClusterNeeds(gpus=0.25, cpus=4), 4),
        (ClusterNeeds(gpus=1), 2),
        (ClusterNeeds(gpus=2), 1),
        (ClusterNeeds(gpus=4), 0),
        (ClusterNeeds(memory_gb=30), 2),
        (ClusterNeeds(gpus=0.5, accelerator="A100"), 4),
        (ClusterNeeds(gpus=0.5, accelerator="H100"), 0),
    ],
)
def test_as_many_as_the_scarcest_allows(needs: ClusterNeeds, places: int) -> None:
    assert Node("id", "gpu1", A100).places(needs) == places
    assert Node("id", "head", {"memory": 1e12}).places(needs) == 0


def test_what_ray_is_asked_for() -> None:
    needs = ClusterNeeds(cpus=2, gpus=0.25, memory_gb=8, accelerator="A100")
    asked = {"num_cpus": 2, "num_gpus": 0.25, "memory": 8_000_000_000, "accelerator_type": "A100"}
    assert task_options(needs) == asked
    assert task_options(needs, whole_gpu=True) == {**asked, "num_gpus": 1.0}
    elsewhere = {"label_selector": {"ray.io/node-id": "!abc"}, "fallback_strategy": [{"label_selector": {}}]}
    assert task_options(needs, avoided="abc") == {**asked, **elsewhere}
    assert task_options(ClusterNeeds()) == {"num_cpus": 1, "num_gpus": 0.0}


def test_what_is_too_much_is_said_with_what_there_is() -> None:
    needs = ClusterNeeds(cpus=64, gpus=4, accelerator="H100", memory_gb=100)
    problem = too_much(needs, [Node("id", "gpu1", A100), Node("id", "head", {"CPU": 8.0, "memory": 4 * GB})])
    assert str(problem) == (
        "--cluster: no node of the Ray cluster has 64 CPU, 4 GPU of type H100, 100 GB of memory for a trial; "
        "allowed: what one of its nodes has: gpu1 (16 CPU, 2 GPU A100, 64 GB); head (8 CPU, 4 GB)"
    )


def test_a_few_wait_where_nodes_are_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    head, gpu = Node("id", "head", {"CPU": 0.0}), Node("id2", "gpu1", A100)
    monkeypatch.setattr(capacity, "alive", lambda: [head, gpu])
    assert Capacity(ClusterNeeds(gpus=0.25)).places() == 8
    assert Capacity(ClusterNeeds(gpus=0.25)).told() == (8, "of the Ray cluster 1 node has room for 8")
    assert Capacity(ClusterNeeds(gpus=0.25, workers=3)).places() == 3
    with pytest.raises(UserError, match="no node of the Ray cluster has 1 CPU, 4 GPU for a trial"):
        Capacity(ClusterNeeds(gpus=4))
    grouped = Node("id", "head", {"CPU": 0.0}, group="headgroup")
    monkeypatch.setattr(capacity, "alive", lambda: [grouped])
    assert Capacity(ClusterNeeds(gpus=4)).places() == WAITING
    assert Capacity(ClusterNeeds(gpus=4, workers=1)).places() == 1
    assert "no node has room for one now" in Capacity(ClusterNeeds(gpus=4)).told()[1]
    monkeypatch.setattr(capacity, "alive", lambda: [grouped, gpu])
    assert Capacity(ClusterNeeds(gpus=0.25)).places() == 8 + WAITING
    places, why = Capacity(ClusterNeeds(gpus=0.25)).told()
    assert (places, "room for 8 now" in why) == (None, True)
