"""The libraries that a user's file says it needs, read without running it: what it imports may not be there yet."""

from __future__ import annotations

import ast
from pathlib import Path

from bench.own.file import read
from bench.words import UserError

NAME = "PACKAGES"


def packages_of(path: Path) -> tuple[str, ...]:
    """What `PACKAGES` of a file lists; nothing where it has none, or cannot be read. Raises UserError where it lists no texts."""
    try:
        statements = ast.parse(read(path)).body
    except (UserError, SyntaxError, ValueError):
        return ()  # whoever runs the file says what is wrong with it
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == NAME for target in targets):
            return _texts(path, statement)
    return ()


def _texts(path: Path, statement: ast.stmt) -> tuple[str, ...]:
    try:
        found = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
    except ValueError:
        found = None
    if isinstance(found, tuple | list) and all(isinstance(name, str) and name for name in found):
        return tuple(found)
    raise UserError(f"{path.name}, line {statement.lineno}: {NAME} must list names as they stand: ('aiohttp', 'redis')")
