"""Department files together: clashes between them, the check on the command line, the registry, and the paths of facts."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from minimal import MINIMAL, SECOND, edited, folder_of
from shipped import IR, ROOT, US

from actions.departments import (
    FOLDER,
    RESERVED_KEYS,
    InvalidDepartments,
    Registry,
    check,
    fact_paths,
    load,
    named_things,
)
from actions.schema import Department
from bot.cli import departments as command
from bot.cli.main import main

CLASHES = {
    # what clashes: (edit of SECOND, path, cause)
    "id": ("id: other", "id: demo", "id", '"demo" is also the id in demo.yml'),
    "alias": ("other unit", "demo unit", "aliases", '"demo unit" already means department demo in demo.yml'),
    "alias in capitals": (
        "other unit",
        "DEMO Unit",
        "aliases",
        '"DEMO Unit" already means department demo in demo.yml',
    ),
    "Chinese alias": ("另一室", "示范室", "aliases", '"示范室" already means department demo in demo.yml'),
    "alias and name": ("other unit", "demo", "aliases", '"demo" already means department demo in demo.yml'),
    "alias and condition": (
        "other unit",
        "coughing",
        "aliases",
        '"coughing" already means condition cough in demo.yml',
    ),
    "alias and trial": ("other unit", "T-1", "aliases", '"T-1" already means trial T-1 in demo.yml'),
    "alias and grade": ("other unit", "porter", "aliases", '"porter" already means staff_grade porter in demo.yml'),
    "alias and organ": ("另一室", "脾脏", "aliases", '"脾脏" already means organ spleen in demo.yml'),
    "alias and procedure": ("另一室", "听诊", "aliases", '"听诊" already means procedure listening in demo.yml'),
}


def conditions_of(identifier: str, alias: str) -> str:
    """SECOND with a condition."""
    name = f"{{en: {alias}, zh: 呛咳}}"
    return f"{SECOND}conditions:\n  - {{id: {identifier}, name: {name}, care: {{en: Seen., zh: 可以看。}}}}\n"


def test_two_files_at_peace(tmp_path: Path) -> None:
    departments, problems = check(folder_of(tmp_path, demo=MINIMAL, other=SECOND))
    assert problems == []
    assert [department.id for department in departments] == ["demo", "other"]


@pytest.mark.parametrize(("old", "new", "path", "cause"), CLASHES.values(), ids=CLASHES)
def test_clash_of_two_files(tmp_path: Path, old: str, new: str, path: str, cause: str) -> None:
    """The later file is told, with the owner in the earlier one."""
    _, problems = check(folder_of(tmp_path, demo=MINIMAL, other=edited(SECOND, old, new)))
    assert [str(problem) for problem in problems] == [f"other.yml: {path}: {cause}"]


def test_alias_of_two_things_in_one_file(tmp_path: Path) -> None:
    _, problems = check(folder_of(tmp_path, demo=edited(MINIMAL, "[coughing]", "[coughing, porter]")))
    assert [str(problem) for problem in problems] == [
        'demo.yml: staff.grades.porter.aliases: "porter" already means condition cough in demo.yml'
    ]


def test_same_condition_in_two_files(tmp_path: Path) -> None:
    """The same id may have the same alias in both files; another id may not."""
    folder_of(tmp_path, demo=MINIMAL, other=conditions_of("cough", "coughing"))
    assert check(tmp_path)[1] == []
    folder_of(tmp_path, other=conditions_of("choking", "coughing"))
    assert [str(problem) for problem in check(tmp_path)[1]] == [
        'other.yml: conditions.choking.aliases: "coughing" already means condition cough in demo.yml'
    ]


def test_empty_folder(tmp_path: Path) -> None:
    departments, problems = check(tmp_path)
    assert departments == []
    assert [str(problem) for problem in problems] == [f"{tmp_path}: (folder): holds no department file (*.yml)"]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    assert [problem.path for problem in check(tmp_path / "nowhere")[1]] == ["(folder)"]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    folder_of(tmp_path, demo=MINIMAL)
    (tmp_path / "notes.txt").write_text("not a department", encoding="utf-8")
    (tmp_path / "draft.yml.bak").write_text("id: draft", encoding="utf-8")
    assert [department.id for department in load(tmp_path)] == ["demo"]


def test_good_file_is_kept_beside_a_bad_one(tmp_path: Path) -> None:
    """The check gives what is valid and what is wrong; `load` gives nothing but the error."""
    folder_of(tmp_path, demo=MINIMAL, other="id: other\n")
    departments, problems = check(tmp_path)
    assert [department.id for department in departments] == ["demo"]
    assert {problem.file for problem in problems} == {"other.yml"}
    with pytest.raises(InvalidDepartments, match="other.yml: name: is missing") as caught:
        load(tmp_path)
    assert caught.value.problems == problems


def test_command_prints_one_line_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_of(tmp_path, demo=edited(MINIMAL, "beds: 20", "beds: 0"), other=edited(SECOND, "id: other", "id: Other"))
    assert command.main(["check", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "demo.yml: ward.beds: ensure this value is greater than 0",
        r'other.yml: id: string does not match regex "^[a-z][a-z0-9_]*\Z"',
    ]


def test_command_lists_valid_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check", str(folder_of(tmp_path, demo=MINIMAL, other=SECOND))]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "demo: 16 facts, source 2021-07",
        "other: 3 facts, source undated",
    ]


def test_command_checks_the_shipped_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["departments", "check"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [IR, US]


@pytest.mark.parametrize("arguments", [[], ["list"], ["check", "a", "b"]])
def test_command_used_wrongly(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 2
    assert "Usage: ./run departments check [FOLDER]" in capsys.readouterr().err


def test_command_from_outside(tmp_path: Path) -> None:
    """`python -m bot departments check FOLDER` as CI runs it."""
    folder_of(tmp_path, demo="- id: demo\n")
    run = subprocess.run(
        [sys.executable, "-m", "bot", "departments", "check", str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.decode() == "demo.yml: (file): must be a mapping of keys such as id, name, source\n"


def beds(registry: Registry) -> list[int]:
    """The beds of all wards."""
    return [department.ward.beds for department in registry.departments() if department.ward]


def test_registry_follows_a_valid_change(tmp_path: Path) -> None:
    registry = Registry(folder_of(tmp_path, demo=MINIMAL))
    before = registry.departments()
    assert registry.departments() is before, "nothing is read again while nothing changes"
    folder_of(tmp_path, demo=edited(MINIMAL, "beds: 20", "beds: 321"))
    assert beds(registry) == [321]
    folder_of(tmp_path, other=SECOND)
    assert [department.id for department in registry.departments()] == ["demo", "other"]
    (tmp_path / "other.yml").unlink()
    assert [department.id for department in registry.departments()] == ["demo"]


def test_registry_keeps_the_last_good_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    registry = Registry(folder_of(tmp_path, demo=MINIMAL))
    with caplog.at_level(logging.INFO, "actions.departments"):
        folder_of(tmp_path, demo=edited(MINIMAL, "beds: 20", "beds: none"))
        assert beds(registry) == [20]
        assert beds(registry) == [20]
        assert [record.levelname for record in caplog.records] == ["ERROR"], "told once"
        assert "demo.yml: ward.beds: must be a whole number, without quotes" in caplog.text
        folder_of(tmp_path, demo=edited(MINIMAL, "beds: 20", "beds: 22"))
        assert beds(registry) == [22]
    (tmp_path / "demo.yml").unlink()
    assert beds(registry) == [22], "an empty folder is an error too"


def test_registry_starts_with_valid_files_only(tmp_path: Path) -> None:
    with pytest.raises(InvalidDepartments):
        Registry(folder_of(tmp_path, demo="id: demo\n"))


def test_fact_paths(tmp_path: Path) -> None:
    """The entries of lists by id or place, the single values by key, a procedure twice, and nothing that is empty."""
    folder_of(tmp_path, demo=MINIMAL, other=SECOND)
    demo, other = load(tmp_path)
    assert fact_paths(demo) == [
        "name", "source", "overview",
        "ward.beds",
        "staff.total", "staff.grades.porter",
        "specialty.first", "specialty.second",
        "awards.0",
        "rooms.scan_rooms",
        "organs.spleen",
        "conditions.cough",
        "procedures.listening.offered", "procedures.listening.description",
        "multidisciplinary.0",
        "trials.T-1",
    ]  # fmt: skip
    assert fact_paths(other) == ["name", "source", "overview"]


@pytest.mark.parametrize(
    ("addition", "paths"),
    [
        ("hospital: {en: Demo Hospital, zh: 示范医院}", ["hospital"]),
        ("phone: '12 34'", ["phone"]),
        ("ward: {beds: 5, since: 1991, beds_at_opening: 2}", ["ward.beds", "ward.since", "ward.beds_at_opening"]),
        ("funders:\n  - name: {en: One, zh: 一}\n  - name: {en: Two, zh: 二}", ["funders.0", "funders.1"]),
        (
            "cooperation: {forms: {en: visits, zh: 互访}, partners: [{name: {en: One, zh: 一}}]}",
            ["cooperation.forms", "cooperation.partners.0"],
        ),
        (
            "staff: {total: {count: 2, what: {en: people, zh: 人}}, grades: [], note: {en: Two., zh: 二。}}",
            ["staff.total", "staff.note"],
        ),
    ],
)
def test_fact_paths_of_an_addition(tmp_path: Path, addition: str, paths: list[str]) -> None:
    (department,) = load(folder_of(tmp_path, other=f"{SECOND}{addition}\n"))
    assert sorted(fact_paths(department)) == sorted(["name", "source", "overview", *paths])


@pytest.mark.parametrize("department", load(), ids=lambda department: department.id)
def test_shipped_fact_paths_are_unique(department: Department) -> None:
    paths = fact_paths(department)
    assert len(set(paths)) == len(paths) > 50


def test_named_things(tmp_path: Path) -> None:
    (demo,) = load(folder_of(tmp_path, demo=MINIMAL))
    assert list(named_things(demo)) == [
        ("department", "demo", "aliases", ("Demo Department", "示范科", "Demo", "示范", "demo unit", "示范室")),
        ("procedure", "listening", "procedures.listening.aliases", ("listening", "听诊")),
        ("condition", "cough", "conditions.cough.aliases", ("cough", "咳嗽", "coughing", "干咳")),
        ("organ", "spleen", "organs.spleen.aliases", ("spleen", "脾脏")),
        ("staff_grade", "porter", "staff.grades.porter.aliases", ("porters", "护工", "porter")),
        ("trial", "T-1", "trials.T-1.aliases", ("T-1",)),
    ]


OWN_FILES = sorted(
    file
    for file in (ROOT / "data").rglob("*.yml")
    if file.parent == FOLDER or file.name == "vocabulary.yml" or "safety" in file.parts[-2:]
)


@pytest.mark.parametrize("file", OWN_FILES, ids=lambda file: file.name)
def test_rasa_takes_no_file_of_ours(file: Path) -> None:
    """Rasa would read a file with such a line as its own training data, and stop."""
    assert not re.search(rf"^\s*({'|'.join(RESERVED_KEYS)})\s*:", file.read_text(encoding="utf-8"), re.MULTILINE)


def test_own_files_are_found() -> None:
    names = {file.name for file in OWN_FILES}
    assert {f"{IR}.yml", f"{US}.yml", "vocabulary.yml"} <= names
