"""Weights of installed packages: there, whole and as pinned, or a reason and a remedy."""

from importlib import metadata

import pytest

from secondtake.analysis.networks.onnx import REMEDY, pinned_package_file
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of

MARKER = "numpy/py.typed"


def test_the_pinned_file_is_found():
    path = metadata.distribution("numpy").locate_file(MARKER)
    assert pinned_package_file("numpy", MARKER, sha256_of(path)) == path


@pytest.mark.parametrize(
    ("package", "path", "code", "said"),
    [
        ("no-such-package", "a", "environment", "no-such-package is not installed"),
        ("numpy", "numpy/no-such-file", "bad_weights", "numpy lacks numpy/no-such-file"),
        ("numpy", MARKER, "bad_weights", "not the pinned file"),
    ],
)
def test_what_is_absent_or_altered_names_the_remedy(package, path, code, said):
    with pytest.raises(ModelError, match=said) as error:
        pinned_package_file(package, path, "0" * 64)
    assert error.value.code == code and error.value.hint == REMEDY
