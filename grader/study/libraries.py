"""NumPy and SciPy, which only `grader study power` and `analyse` need: the extra `study`."""

from importlib.util import find_spec

from grader.model import KitFault


def expect_libraries() -> None:
    """Raise KitFault with pip's command where NumPy or SciPy is not installed. Call it before this folder's other imports."""
    if lacking := [name for name in ("numpy", "scipy") if find_spec(name) is None]:
        how = "pip install -e '.[study]', run in the kit's folder"
        raise KitFault(f"the statistics of a study need {' and '.join(lacking)}, which is not installed: {how}")
