"""Load, check and follow the department files under data/departments/.

`python -m bot departments check` prints what `check` finds. The action server holds a `Registry`, which takes a changed
file in as soon as it is saved and valid, and keeps the last good one otherwise.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from actions.schema import Department

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent.parent / "data" / "departments"
_SINGLE_FACTS = (
    "name", "hospital", "city", "source", "overview", "mission", "vision", "founder", "image_database", "address", "phone", "hours",
)  # fmt: skip
RESERVED_KEYS = ("rules", "stories", "nlu", "responses")
"""Rasa takes any YAML file under data/ with a line that starts with one of these for its own."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a department file: where, at which path in it, and what."""

    file: str
    path: str
    cause: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.cause}"


class InvalidDepartments(Exception):
    """The department files do not pass the check; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class UniqueKeyLoader(yaml.CSafeLoader):
    """YAML that refuses the same key twice, where plain YAML keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """See PyYAML.

        Raises:
            yaml.constructor.ConstructorError: if a key is there twice.
        """
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                repeated = [other for other, _ in node.value if other.value == key][1]
                raise yaml.constructor.ConstructorError(None, None, f'has the key "{key}" twice', repeated.start_mark)
        return super().construct_mapping(node, deep)


def _causes(error: ValidationError) -> Iterator[tuple[str, str]]:
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"] if part != "__root__") or "(file)"
        message = {
            "value_error.missing": "is missing",
            "value_error.extra": "is not a key this file may have",
            "type_error.none.not_allowed": "is empty",
            "type_error.integer": "must be a whole number, without quotes",
            "type_error.str": "must be a text, in quotes if it looks like a number",
        }.get(item["type"], item["msg"])
        yield path, message


def _read(file: Path) -> Department | list[Problem]:
    """One file as a department, or what is wrong with it."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), UniqueKeyLoader)
    except UnicodeDecodeError:
        return [Problem(file.name, "(file)", "is not UTF-8 text")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "(file)"
        cause = getattr(error, "problem", None) or " ".join(str(error).split())
        return [Problem(file.name, place, f"is not valid YAML: {cause}")]
    except (ValueError, KeyError, AttributeError) as error:  # what PyYAML lets out for a tag such as !!bool abc
        return [Problem(file.name, "(file)", f"holds a value that cannot be: {error}")]
    except OSError as error:
        return [Problem(file.name, "(file)", f"cannot be read: {error.strerror}")]
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        return [Problem(file.name, "(file)", "must be a mapping of keys such as id, name, source")]
    for key in RESERVED_KEYS:
        if key in content:
            return [Problem(file.name, key, "is a key that Rasa takes for its own: choose another")]
    try:
        return Department.parse_obj(content)
    except ValidationError as error:
        return [Problem(file.name, path, cause) for path, cause in _causes(error)]


def named_things(department: Department) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """What of a department people name: (entity type, id, path in the file, all its names and aliases)."""
    names = (*department.name.dict().values(), *department.short_name.dict().values())
    yield "department", department.id, "aliases", tuple(dict.fromkeys((*names, *department.aliases.all())))
    groups = (
        ("procedure", "procedures", department.procedures),
        ("condition", "conditions", department.conditions),
        ("organ", "organs", department.organs),
        ("program", "teaching", department.teaching),
        ("staff_grade", "staff.grades", department.staff.grades if department.staff else ()),
    )
    for kind, path, things in groups:
        for thing in things:  # type: ignore[attr-defined]
            own = (thing.name.en, thing.name.zh, *thing.aliases.all())
            yield kind, thing.id, f"{path}.{thing.id}.aliases", tuple(dict.fromkeys(own))
    for trial in department.trials:
        yield "trial", trial.id, f"trials.{trial.id}.aliases", (trial.id, *trial.aliases.all())


def _clashes(departments: dict[str, Department]) -> Iterator[Problem]:
    """Ids used by two files, and aliases that mean two different things."""
    owners: dict[str, tuple[str, str, str]] = {}
    ids: dict[str, str] = {}
    for file, department in departments.items():
        if department.id in ids:
            yield Problem(file, "id", f'"{department.id}" is also the id in {ids[department.id]}')
        ids[department.id] = file
        for kind, identifier, path, aliases in named_things(department):
            for alias in aliases:
                owner = owners.setdefault(alias.casefold(), (kind, identifier, file))
                if owner[:2] != (kind, identifier):
                    yield Problem(file, path, f'"{alias}" already means {owner[0]} {owner[1]} in {owner[2]}')


def check(folder: Path = FOLDER) -> tuple[list[Department], list[Problem]]:
    """All departments of a folder, in the order of their file names, and everything wrong with the files."""
    departments: dict[str, Department] = {}
    problems: list[Problem] = []
    files = sorted(folder.glob("*.yml"))
    if not files:
        problems.append(Problem(str(folder), "(folder)", "holds no department file (*.yml)"))
    for file in files:
        result = _read(file)
        if isinstance(result, Department):
            departments[file.name] = result
        else:
            problems.extend(result)
    problems.extend(_clashes(departments))
    return list(departments.values()), problems


def load(folder: Path = FOLDER) -> list[Department]:
    """All departments of a folder.

    Raises:
        InvalidDepartments: if any file has a problem.
    """
    departments, problems = check(folder)
    if problems:
        raise InvalidDepartments(problems)
    return departments


def fact_paths(department: Department) -> list[str]:
    """The paths of all facts of a department, in the order of the schema: the entries of its lists, and its single values.

    An entry is one fact ("awards.0", "volumes.operations"), except for a procedure, which is two: that it is offered, and
    the general description.
    """
    paths = [name for name in _SINGLE_FACTS if getattr(department, name) is not None]
    if department.ward:
        paths += [f"ward.{key}" for key, value in department.ward.dict().items() if value is not None]
    if department.staff:
        paths += ["staff.total", *(f"staff.grades.{grade.id}" for grade in department.staff.grades)]
        paths += ["staff.note"] if department.staff.note else []
    if department.cooperation:
        partners = range(len(department.cooperation.partners))
        paths += ["cooperation.forms", *(f"cooperation.partners.{index}" for index in partners)]
    for name in department.__fields__:
        value = getattr(department, name)
        if isinstance(value, tuple):
            for index, entry in enumerate(value):
                path = f"{name}.{getattr(entry, 'id', index)}"
                paths += [f"{path}.offered", f"{path}.description"] if name == "procedures" else [path]
    return paths


def fact(department: Department, path: str) -> Any:
    """The part of a department file at a fact's path."""
    value: Any = department
    for part in path.split("."):
        if isinstance(value, tuple):
            value = next(item for index, item in enumerate(value) if getattr(item, "id", str(index)) == part)
        else:
            value = getattr(value, part)
    return value


class Registry:
    """The departments of a folder, followed while their files change."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._state = self._stat()
        self._departments = load(folder)

    def _stat(self) -> tuple[tuple[str, int, int], ...]:
        files = sorted(self._folder.glob("*.yml"))
        return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    def departments(self) -> list[Department]:
        """The departments as the files say now; as they last said when every file was valid, otherwise."""
        state = self._stat()
        if state != self._state:
            self._state = state
            try:
                self._departments = load(self._folder)
                logger.info("Department files have changed and are in use.")
            except InvalidDepartments as error:
                logger.error("Department files have changed but are not valid; the last good ones stay.\n%s", error)
        return self._departments
