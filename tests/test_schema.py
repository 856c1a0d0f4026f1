"""A department file that is wrong in one place is refused, with one line that says where and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from minimal import MINIMAL, edited, folder_of
from pydantic import ValidationError

from actions.departments import FOLDER, check, load
from actions.schema import Department, Text

WHOLE = "must be a whole number, without quotes"
POSITIVE = "ensure this value is greater than 0"
TEXT = "must be a text, in quotes if it looks like a number"
MISSING = "is missing"
UNKNOWN_KEY = "is not a key this file may have"
EMPTY = "is empty; write the text or leave the whole entry out"
NOT_CHINESE = "is not Chinese"
QUALIFIERS = "unexpected value; permitted: 'exact', 'about', 'nearly', 'more_than', 'thousands'"
REVIEW = "reviewed_by and reviewed_on belong together: set both, or neither"
PATTERN = r'string does not match regex "^[a-z][a-z0-9_]*\Z"'
MAPPING = "must be a mapping of keys such as id, name, source"
RESERVED = "is a key that Rasa takes for its own: choose another"
YAML = "is not valid YAML: "

EDITS: dict[str, tuple[str, str, str, str]] = {
    # what is wrong: (what to replace, by what, path, cause)
    "unknown key": ("ward:\n", "wards: 3\nward:\n", "wards", UNKNOWN_KEY),
    "unknown key inside": ("beds: 20", "beds: 20\n  chairs: 3", "ward.chairs", UNKNOWN_KEY),
    "unknown key in an entry": ("  - id: spleen", "  - id: spleen\n    colour: red", "organs.0.colour", UNKNOWN_KEY),
    "unknown language": ("zh: 示范科}", "zh: 示范科, fr: Démo}", "name.fr", UNKNOWN_KEY),
    "unknown alias language": ("zh: [示范室]", "zh: [示范室], fr: [démo]", "aliases.fr", UNKNOWN_KEY),
    "no id": ("id: demo\n", "", "id", MISSING),
    "no overview": ("overview: {en: It shows how a file looks., zh: 展示文件的写法。}\n", "", "overview", MISSING),
    "no aliases": ("aliases: {en: [demo unit], zh: [示范室]}\n", "", "aliases", MISSING),
    "no source date": ("  updated: 2021-07\n", "", "source.updated", MISSING),
    "no Chinese name": ("{en: Demo Department, zh: 示范科}", "{en: Demo Department}", "name.zh", MISSING),
    "no English text": ("{en: Two., zh: 二。}", "{zh: 二。}", "specialty.1.text.en", MISSING),
    "no trial status": ("    status: {en: ongoing, zh: 进行中}\n", "", "trials.0.status", MISSING),
    "review left out": ("    reviewed_by: null\n", "", "procedures.0.reviewed_by", MISSING),
    "beds in quotes": ("beds: 20", 'beds: "20"', "ward.beds", WHOLE),
    "beds as a float": ("beds: 20", "beds: 20.0", "ward.beds", WHOLE),
    "beds as a truth": ("beds: 20", "beds: yes", "ward.beds", WHOLE),
    "beds in words": ("beds: 20", "beds: twenty", "ward.beds", WHOLE),
    "negative beds": ("beds: 20", "beds: -20", "ward.beds", POSITIVE),
    "no beds": ("beds: 20", "beds: 0", "ward.beds", POSITIVE),
    "empty beds": ("beds: 20", "beds:", "ward.beds", "is empty"),
    "opened with no beds": ("beds: 20", "beds: 20\n  beds_at_opening: 0", "ward.beds_at_opening", POSITIVE),
    "opened in quotes": ("beds: 20", 'beds: 20\n  since: "1991"', "ward.since", WHOLE),
    "year in quotes": ("year: 2001", 'year: "2001"', "awards.0.year", WHOLE),
    "zero staff": ("count: 7", "count: 0", "staff.total.count", POSITIVE),
    "half a porter": ("count: 4", "count: 0.5", "staff.grades.0.count", WHOLE),
    "negative rooms": ("count: 3", "count: -3", "rooms.0.count", POSITIVE),
    "bad qualifier": ("qualifier: exact", "qualifier: roughly", "rooms.0.qualifier", QUALIFIERS),
    "number for text": ("en: Demo Department", "en: 42", "name.en", TEXT),
    "number for an alias": ("demo unit", "42", "aliases.en.0", TEXT),
    "text for aliases": ("[demo unit]", "demo unit", "aliases.en", "value is not a valid tuple"),
    "text for both languages": ("{en: Demo, zh: 示范}", "Demo", "short_name", "value is not a valid dict"),
    "mapping for a list": ("multidisciplinary:\n  - cough", "multidisciplinary: {a: b}", "multidisciplinary", "tuple"),
    "empty text": ("en: Two.", 'en: ""', "specialty.1.text.en", EMPTY),
    "blank text": ("zh: 二。", 'zh: " "', "specialty.1.text.zh", EMPTY),
    "null text": ("zh: 二。", "zh: null", "specialty.1.text.zh", "is empty"),
    "English for Chinese": ("zh: 二。", "zh: Two.", "specialty.1.text.zh", NOT_CHINESE),
    "full date": ("2021-07", '"2021-07-01"', "source.updated", 'must be "undated" or a month such as 2020-03'),
    "date that YAML reads": ("2021-07", "2021-07-01", "source.updated", TEXT),
    "month 13": ("2021-07", "2021-13", "source.updated", 'is "2021-13"; it must be "undated" or a month'),
    "month 0": ("2021-07", "2021-00", "source.updated", 'is "2021-00"; it must be "undated" or a month'),
    "date in words": ("2021-07", "July 2021", "source.updated", 'is "July 2021"; it must be'),
    "year alone": ("2021-07", "2021", "source.updated", TEXT),
    "id with capitals": ("id: demo\n", "id: Demo\n", "id", PATTERN),
    "id with a space": ("id: demo\n", "id: demo ward\n", "id", PATTERN),
    "id with a hyphen": ("id: demo\n", "id: demo-ward\n", "id", PATTERN),
    "id that begins with a digit": ("id: demo\n", "id: 2nd\n", "id", PATTERN),
    "id with a line break": ("id: demo\n", 'id: "demo\\n"\n', "id", PATTERN),
    "Chinese id": ("id: demo\n", "id: 示范\n", "id", PATTERN),
    "id twice": ("  - id: second", "  - id: first", "specialty", 'has the id "first" twice'),
    "grade twice": (
        "      count: 4\n", "      count: 4\n    - id: porter\n      name: {en: more, zh: 更多}\n      count: 2\n",
        "staff.grades", 'has the id "porter" twice',
    ),
    "empty alias": ("demo unit", '""', "aliases.en.0", "has an empty alias"),
    "blank alias": ("干咳", '" "', "conditions.0.aliases.zh.0", "has an empty alias"),
    "trial of an unknown condition": (
        "    condition: cough", "    condition: sneeze", "(file)",
        'trials.T-1.condition names "sneeze", which this file does not define',
    ),
    "team on an unknown condition": (
        "  - cough\n", "  - sneeze\n", "(file)", 'multidisciplinary names "sneeze", which this file does not define',
    ),
    "procedure for an unknown condition": (
        "conditions: [cough]", "conditions: [cough, sneeze]", "(file)",
        'procedures.listening.conditions names "sneeze", which this file does not define',
    ),
    "procedure on an unknown organ": (
        "organs: [spleen]", "organs: [heart]", "(file)",
        'procedures.listening.organs names "heart", which this file does not define',
    ),
    "reviewed by nobody": ("reviewed_on: null", 'reviewed_on: "2021-07-01"', "procedures.0", REVIEW),
    "reviewed on no day": ("reviewed_by: null", "reviewed_by: Dr Demo", "procedures.0", REVIEW),
    "day of review that YAML reads": ("reviewed_on: null", "reviewed_on: 2021-07-01", "procedures.0.reviewed_on", TEXT),
    "open bracket": ("[demo unit]", "[demo unit", "line 4", YAML),
    "tab": ("ward:\n  beds", "ward:\n\tbeds", "line 19", YAML),
    "unknown anchor": ("{en: Demo, zh: 示范}", "*elsewhere", "line 3", f"{YAML}found undefined alias"),
    "tag of Python": ("{en: Demo, zh: 示范}", "!!python/name:os.system", "line 3", f"{YAML}could not determine"),
    "second document": ("ward:\n", "---\nward:\n", "line 18", YAML),
    "13th month": ("year: 2001", "year: 2001-13-01", "(file)", "holds a value that cannot be: month must be in 1..12"),
    "25th hour": ("2021-07", "2021-07-01 25:00:00", "(file)", "holds a value that cannot be: hour must be in 0..23"),
    "number without digits": ("beds: 20", "beds: 0x_", "(file)", "holds a value that cannot be: "),
    "number that is none": ("beds: 20", "beds: !!int many", "(file)", "holds a value that cannot be: "),
    "number too long": ("beds: 20", f"beds: {'9' * 5000}", "(file)", "holds a value that cannot be: "),
    "infinite beds": ("beds: 20", "beds: .inf", "ward.beds", WHOLE),
    "number for a key": ("ward:\n", "1: 2\nward:\n", "(file)", MAPPING),
    "truth for a key": ("ward:\n", "yes: 2\nward:\n", "(file)", MAPPING),
    "nothing for a key": ("ward:\n", "null: 2\nward:\n", "(file)", MAPPING),
    "date for a key": ("ward:\n", "2001-01-01: 2\nward:\n", "(file)", MAPPING),
    "number for a key inside": ("beds: 20", "beds: 20\n  1: 2", "ward", "keywords must be strings"),
    "list for a key": ("beds: 20", "beds: 20\n  [1]: 2", "line 20", f"{YAML}found unhashable key"),
    "mapping for a key": ("beds: 20", "beds: 20\n  ? {a: b}\n  : 2", "line 20", f"{YAML}found unhashable key"),
    "control character": ("en: One.", "en: On\x07e.", "(file)", f"{YAML}unacceptable character #x0007"),
    "null character": ("en: One.", "en: On\0e.", "(file)", f"{YAML}unacceptable character #x0000"),
    "bad escape": ("en: One.", 'en: "\\xZZ"', "line 11", YAML),
    "half a character": ("en: One.", 'en: "\\ud800"', "line 11", YAML),
    "open quote": ("en: One.", 'en: "One.', "line 58", YAML),
    "unknown tag": ("beds: 20", "beds: !beds 20", "line 19", f"{YAML}could not determine a constructor"),
    "tag on a list": ("beds: 20", "beds: !!int [20]", "line 19", f"{YAML}expected a scalar node"),
    "binary": ("beds: 20", 'beds: !!binary "a"', "line 19", f"{YAML}failed to decode base64 data"),
    "bad merge": ("beds: 20", "<<: 20", "line 19", f"{YAML}expected a mapping or list of mappings for merging"),
    "ward in itself": ("ward:\n", "ward: &ward\n  self: *ward\n", "ward.self", UNKNOWN_KEY),
    "list in itself": ("multidisciplinary:\n  - cough", "multidisciplinary: &a [*a]", "multidisciplinary.0", TEXT),
    "many brackets": ("beds: 20", f"beds: {'[' * 500}{']' * 500}", "ward.beds", WHOLE),
    "rules": ("ward:\n", "rules: []\nward:\n", "rules", RESERVED),
    "stories": ("ward:\n", "stories: []\nward:\n", "stories", RESERVED),
    "nlu": ("ward:\n", "nlu: []\nward:\n", "nlu", RESERVED),
    "responses": ("ward:\n", "responses: {}\nward:\n", "responses", RESERVED),
}  # fmt: skip

CONTENTS: dict[str, tuple[bytes, str, str]] = {
    # what is wrong: (the whole file, path, cause)
    "empty file": (b"", "(file)", "must be a mapping of keys such as id, name, source"),
    "only a comment": (b"# nothing yet\n", "(file)", "must be a mapping of keys such as id, name, source"),
    "list": (b"- id: demo\n", "(file)", "must be a mapping of keys such as id, name, source"),
    "text": (b"demo\n", "(file)", "must be a mapping of keys such as id, name, source"),
    "GBK": (MINIMAL.encode("gbk"), "(file)", "is not UTF-8 text"),
    "UTF-16": (MINIMAL.encode("utf-16"), "(file)", "is not UTF-8 text"),
}


def test_minimal_file_is_valid(tmp_path: Path) -> None:
    departments, problems = check(folder_of(tmp_path, demo=MINIMAL))
    assert problems == []
    assert [department.id for department in departments] == ["demo"]


def test_shipped_files_are_valid() -> None:
    departments, problems = check(FOLDER)
    assert problems == []
    assert [department.id for department in departments] == ["interventional_radiotherapy", "ultrasound_intervention"]


@pytest.mark.parametrize(("old", "new", "path", "cause"), EDITS.values(), ids=EDITS)
def test_edit_is_refused(tmp_path: Path, old: str, new: str, path: str, cause: str) -> None:
    """One problem, in one line: the file, the path in it, and the cause."""
    departments, problems = check(folder_of(tmp_path, demo=edited(MINIMAL, old, new)))
    assert departments == []
    assert [(problem.file, problem.path) for problem in problems] == [("demo.yml", path)]
    assert cause in problems[0].cause
    assert str(problems[0]) == f"demo.yml: {path}: {problems[0].cause}"
    assert "\n" not in str(problems[0])


@pytest.mark.parametrize(("content", "path", "cause"), CONTENTS.values(), ids=CONTENTS)
def test_content_is_refused(tmp_path: Path, content: bytes, path: str, cause: str) -> None:
    (tmp_path / "demo.yml").write_bytes(content)
    departments, problems = check(tmp_path)
    assert departments == []
    assert [str(problem) for problem in problems] == [f"demo.yml: {path}: {cause}"]


@pytest.mark.parametrize(
    ("old", "new", "key", "line"),
    [
        ("ward:\n", "id: again\nward:\n", "id", 18),
        ("beds: 20", "beds: 20\n  beds: 21", "beds", 20),
        ("beds: 20", "beds: 20\n  since: 1991\n  beds: 21\n  beds: 22", "beds", 21),
        ("{en: Two., zh: 二。}", "{en: Two., en: 2., zh: 二。}", "en", 13),
        ("ward:\n", "1: 2\n1: 3\nward:\n", "1", 19),
    ],
)
def test_key_twice_is_refused(tmp_path: Path, old: str, new: str, key: str, line: int) -> None:
    """Plain YAML would keep the last without a word; the line is that of the repetition."""
    departments, problems = check(folder_of(tmp_path, demo=edited(MINIMAL, old, new)))
    assert departments == []
    assert [str(problem) for problem in problems] == [
        f'demo.yml: line {line}: is not valid YAML: has the key "{key}" twice'
    ]


def test_every_error_of_a_file_is_told(tmp_path: Path) -> None:
    """Not only the first."""
    content = edited(edited(MINIMAL, "beds: 20", "beds: 0"), "zh: 二。", "zh: Two.")
    _, problems = check(folder_of(tmp_path, demo=content))
    assert {problem.path for problem in problems} == {"ward.beds", "specialty.1.text.zh"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2021-07", "undated"),
        ("2021-07", "2021-12"),
        ("zh: 示范}", "zh: TACE}"),
        ("beds: 20", "beds: 20\n  since: 1991\n  beds_at_opening: 5"),
        ("qualifier: exact", "qualifier: more_than"),
        ("reviewed_by: null\n    reviewed_on: null", 'reviewed_by: Dr Demo\n    reviewed_on: "2021-07-01"'),
        ("ward:\n  beds: 20\n", ""),
        ("multidisciplinary:\n  - cough\n", ""),
        ("  - cough\n", "  - cough\nhospital: {en: Demo Hospital, zh: 示范医院}\nphone: '12 34'\n"),
    ],
)
def test_edit_is_accepted(tmp_path: Path, old: str, new: str) -> None:
    departments, problems = check(folder_of(tmp_path, demo=edited(MINIMAL, old, new)))
    assert problems == []
    assert len(departments) == 1


@pytest.mark.parametrize("department", load(), ids=lambda department: department.id)
def test_departments_do_not_change(department: Department) -> None:
    with pytest.raises(TypeError):
        department.overview = department.name  # type: ignore[misc]


def test_text_by_language() -> None:
    text = Text(en="liver", zh="肝脏")
    assert (text.in_language("en"), text.in_language("zh")) == ("liver", "肝脏")
    with pytest.raises(ValidationError):
        Text(en="liver", zh="liver")
