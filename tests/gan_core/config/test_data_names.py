"""A folder's path beside the name of its data set, as commands of studies take it, is told where it goes."""

import pytest

from gan_core.config import resolve
from gan_core.problems import UserError


def test_where_the_path_goes() -> None:
    with pytest.raises(
        UserError, match=r"'folder:my pics'; allowed: .*; did you mean 'folder, with data_dir: my pics'"
    ):
        resolve({"data": "folder:my pics"})
