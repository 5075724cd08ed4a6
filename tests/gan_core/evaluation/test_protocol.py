import pytest

from gan_core.evaluation.protocol import Protocol, short_count
from gan_core.evaluation.versions import versions

PROTOCOL = Protocol(
    metric="fid",
    extractor="fmnistcnn",
    extractor_digest="1a2b3c4d",
    layer="hidden",
    resize="none",
    scaling="[0, 255] -> [-1, 1]",
    dtype="float32",
    reference="fashion-mnist train",
    reference_digest="ae2c",
    reference_transform="padded",
    n_real=60_000,
    n_fake=10_000,
    image_size=32,
    g_mode="running-statistics",
    options={"splits": 10},
    versions={"torch": "2.15.0"},
    labels="as often as in the reals",
)


@pytest.mark.parametrize(("n", "text"), [(10_000, "10k"), (1000, "1k"), (500, "500"), (2500, "2500"), (50_000, "50k")])
def test_counts_in_names(n: int, text: str) -> None:
    assert short_count(n) == text


def test_the_name_says_the_essentials() -> None:
    assert PROTOCOL.score_name == "fid10k_fmnistcnn-1a2b3c4d"
    other = PROTOCOL.model_copy(update={"metric": "is", "n_fake": 500})
    assert other.score_name == "is500_fmnistcnn-1a2b3c4d"


def test_the_stamp_is_the_same_after_a_round_trip() -> None:
    assert Protocol.model_validate_json(PROTOCOL.model_dump_json()).stamp == PROTOCOL.stamp
    assert len(PROTOCOL.stamp) == 8


@pytest.mark.parametrize("field", Protocol.model_fields)
def test_every_field_is_in_the_stamp(field: str) -> None:
    value = getattr(PROTOCOL, field)
    changed = {str: f"{value}!", int: 1, dict: {}}[type(value)]
    assert PROTOCOL.model_copy(update={field: changed}).stamp != PROTOCOL.stamp


@pytest.mark.parametrize("version", ["2.15.0", "2.15.0+cpu", "2.15.0+cu130"])
def test_how_a_library_was_packed_is_no_part_of_the_protocol(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.evaluation.versions.version_of", lambda library: version)
    assert set(versions().values()) == {"2.15.0"}
