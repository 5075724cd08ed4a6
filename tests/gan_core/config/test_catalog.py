"""What the catalog says is what the registries hold."""

from gan_core.config import Config, catalog
from gan_core.tricks import TRICKS


def test_every_setting_and_trick_is_in_it() -> None:
    assert [option.name for option in catalog.choices()] == [name for name in Config.model_fields if name != "use"]
    assert [entry.name for entry in catalog.tricks()] == [trick.name for trick in TRICKS.values()]
    for entry, trick in zip(catalog.tricks(), TRICKS.values(), strict=True):
        assert [option.name for option in entry.options] == list(trick.options.model_fields)


def test_kinds_bounds_and_levels_are_told() -> None:
    kinds = {option.name: option.kind for option in catalog.choices()}
    assert kinds["batch_size"] == "int >= 2, <= 65536"
    assert kinds["beta1"] == "float or ramp >= 0, < 1"
    assert kinds["activation_d"].startswith("one of relu, leaky_relu, selu")
    options = {f"{entry.name}.{option.name}": option for entry in catalog.tricks() for option in entry.options}
    assert options["spectral_norm.on"].kind == "one of D, G, both"
    assert options["instance_noise.anneal_kimg"].kind == "float or none > 0"
    assert options["dropout.p"].default == 0.3


def test_everything_is_described_and_every_level_of_the_literature_has_its_source() -> None:
    assert all(option.description for option in catalog.choices())
    assert all(entry.paper for entry in catalog.levels())
    assert all(rule.text and rule.reason for entry in catalog.tricks() for rule in (*entry.needs, *entry.excludes))
