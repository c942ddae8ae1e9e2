"""Numbers that move together: a Gaussian copula over the random numbers of a question.

The matrix holds the correlations of the normal scores; each number keeps its own distribution. For normals they are the
numbers' own correlations, for other shapes nearly so. Source: Sklar (1959); Nelsen, An Introduction to Copulas (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from valuation import refusals
from valuation.arithmetic import Draws
from valuation.reading import Domain, Fields, Written

COEFFICIENT = Domain(Decimal(-1), Decimal(1))
#: Below this the matrix says of some mixture of the numbers that it never varies.
SMALLEST_EIGENVALUE = 1e-9


def read_correlation(fields: Fields, paths: Sequence[str]) -> Draws | None:
    """The lower Cholesky factor, n × n in the order of `paths`; None when none is given.

    Either a matrix over all random numbers in the order in which they stand in the input, or
    {"between": [paths], "matrix": […]} over some of them. Raises BadCorrelation, SingularCorrelation.
    """
    if not fields.has("correlation"):
        return None
    field = fields.at("correlation")
    if isinstance(fields.raw("correlation"), list):
        between, holder, name = list(paths), fields, "correlation"
    else:
        holder, name = fields.inside("correlation"), "matrix"
        between = [str(one) for one in holder.listed("between")]
        for n, path in enumerate(between):
            if path not in paths or path in between[:n]:
                raise refusals.NoSuchNumber(field=f"{holder.at('between')}[{n}]", name=path)
    small = _matrix(holder, name, len(between))
    whole = np.eye(len(paths))
    places = [paths.index(path) for path in between]
    whole[np.ix_(places, places)] = small
    smallest = float(np.linalg.eigvalsh(whole).min(initial=1.0))
    if smallest < SMALLEST_EIGENVALUE:
        raise refusals.SingularCorrelation(field=field, eigenvalue=f"{smallest:.3g}")
    return np.asarray(np.linalg.cholesky(whole), dtype=np.float64)


def _matrix(holder: Fields, name: str, size: int) -> Draws:
    rows: Sequence[Any] = holder.listed(name)
    if len(rows) != size or not all(isinstance(row, list | tuple) and len(row) == size for row in rows):
        raise refusals.BadCorrelation(field=holder.at(name))
    take = Written().take
    matrix = np.array(
        [
            [float(take(one, f"{holder.at(name)}[{i}][{j}]", COEFFICIENT)) for j, one in enumerate(row)]
            for i, row in enumerate(rows)
        ]
    )
    if not np.array_equal(matrix, matrix.T) or not (np.diag(matrix) == 1).all():
        raise refusals.BadCorrelation(field=holder.at(name))
    return matrix
