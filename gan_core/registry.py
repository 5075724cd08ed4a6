"""What exists of one kind, by name: a mapping that plug-ins may add to, and that refuses two records of one name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from gan_core.problems import Problem, UserError

T = TypeVar("T")


class Named(Protocol):
    """A record that knows its name."""

    @property
    def name(self) -> str: ...


class Registry(Mapping[str, T]):
    """Records of one `kind`, in order: our own, then those of plug-ins in the order in which they were added.

    `version` counts the changes: what is made from a registry is made anew when it has moved.
    """

    def __init__(self, kind: str, records: Mapping[str, T]) -> None:
        self.kind, self.version = kind, 0
        self._records = dict(records)
        self._owners: dict[str, str] = {}

    def __getitem__(self, name: str) -> T:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"Registry({self.kind}: {', '.join(self)})"

    def add(self, name: str, record: T, owner: str = "") -> None:
        """Add a record at the end; `owner`: the plug-in that it comes from. Raises UserError for a name that exists."""
        if name in self._records:
            raise UserError(Problem(self.taken(name), allowed=f"a name that is not among {', '.join(self)}"))
        self._records[name], self._owners[name] = record, owner
        self.version += 1

    def taken(self, name: str) -> str:
        """What is said of a name that exists already."""
        owner = self.owner(name)
        return f"there is a {self.kind} {name!r} already" + (f", from {owner}" if owner else "")

    def owner(self, name: str) -> str:
        """The plug-in that a record comes from, '' for our own and for a name that does not exist."""
        return self._owners.get(name, "")

    def drop(self, owner: str) -> None:
        """Remove what a plug-in has added."""
        for name in [name for name, whose in self._owners.items() if whose == owner]:
            del self._records[name], self._owners[name]
            self.version += 1


N = TypeVar("N", bound=Named)


def registry_of(kind: str, records: Iterable[N]) -> Registry[N]:
    """A registry of records that know their names. Raises ValueError where two have one name."""
    by_name: dict[str, N] = {}
    for record in records:
        if record.name in by_name:
            raise ValueError(f"two records of kind {kind} are called {record.name}")
        by_name[record.name] = record
    return Registry(kind, by_name)
