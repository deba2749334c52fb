"""Records: named tuples, written as classes with annotated fields and read by type checkers as ``typing.NamedTuple``.

``typing`` alone takes longer to import than the whole engine may, so the class is made here from the standard library's
plain ``namedtuple``.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class _Fields(type):
        """Turns the annotated names of a class body into the fields of a named tuple, with their defaults."""

        def __new__(cls, name, _bases, body):  # noqa: ANN001, ANN204 - type checkers read the other branch
            fields = tuple(body.get("__annotations__", ()))
            defaults = [body.pop(field) for field in fields if field in body]
            row = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024 - see above
            return type(name, (row,), {"__slots__": (), **body})

    Record = type.__new__(_Fields, "Record", (), {})

__all__ = ["Record"]
