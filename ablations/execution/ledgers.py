"""The ledgers of an execution, and what Optuna calls them. Optuna is imported when the first one is opened."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.search.exploration import Exploration
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent

if TYPE_CHECKING:
    from ablations.search.explorer import Explorer
    from ablations.search.ledger import Ledger

Journals = Mapping[str, Sequence[AnyEvent]]  # by trial


class Ledgers:
    """Opens them in this storage for the study in `root`; notices are added to `warnings`.

    `is_shared`: whether others keep theirs there too, so that one of the same name may be somebody else's. `names`:
    what those that were opened are called there, by the name that they would have alone.
    """

    def __init__(self, storage: str, is_shared: bool, root: Path, warnings: list[str]) -> None:
        self.storage, self.names = storage, dict[str, str]()
        self._is_shared, self._root, self._warnings = is_shared, root, warnings

    def explorer(self, search: Exploration, journals: Journals, admit: Callable[[Trial], None]) -> "Explorer":
        """Of the arms that a search explores. Raises UserError where the storage can't be used."""
        from ablations.search.explorer import Explorer

        return Explorer(self.storage, search, journals, admit, self._named(search.study))

    def ledger(self, name: str, trials: Sequence[Trial], journals: Journals) -> "Ledger":
        """Of trials that are known in advance. Raises UserError where the storage can't be used."""
        from ablations.search.ledger import Ledger

        return Ledger(self.storage, self._named(name), trials, journals)

    def _named(self, name: str) -> str:
        self.names[name] = name
        if self._is_shared:
            from ablations.search.ownership import own_ledger

            self.names[name], notice = own_ledger(self.storage, name, self._root)
            self._warnings += [notice] if notice else []
        return self.names[name]
