"""What a browser gets, without a browser: texts, the widget's one file, the hospital page."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from shipped import DEPARTMENTS, LANGUAGES, RESPONSES

from bot.cli import check
from bot.settings import ROOT
from bot.web import shorten, widget
from bot.web.home import page_language, render_home
from bot.web.texts import InvalidTexts, load_texts
from bot.web.widget import compose_widget

LARGEST = 15_000
"""Bytes of the widget as it is served, compressed."""
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in widget.FOLDER.glob("*.js")}
ALL = "".join(SOURCES.values())
NUMBERS = ("120", "12356")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def script() -> str:
    return compose_widget(NUMBERS).content.decode()


def page(language: str, **more: str) -> str:
    given = {"number": "120", "address": "https://bot.example.org", **more}
    return render_home(DEPARTMENTS, RESPONSES, language, **given)


# Texts


def test_every_text_is_written_in_its_language() -> None:
    for section, entries in load_texts().items():
        for key, text in entries.items():
            if key == "other_language" or not re.sub(r"\{\w+\}|\W", "", text["en"]):
                continue
            assert HAN.search(text["zh"]), (section, key)
            assert not HAN.search(text["en"]) or key in ("brand", "document"), (section, key)
            assert not re.search(r"[\u4e00-\u9fff][,.!?;:]", text["zh"]), (
                f"{section}.{key}: Chinese takes full-width punctuation"
            )


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("widget: {send: {en: Send}}", "widget.send: must have en and zh, and nothing else"),
        ("widget: {send: {en: Send, zh: 发送, fr: Envoyer}}", "widget.send: must have en and zh, and nothing else"),
        ("widget: {send: {en: '', zh: 发送}}", "widget.send: en must be a text, and not empty"),
        ("widget: {send: {en: Send, zh: 1}}", "widget.send: zh must be a text, and not empty"),
        ("widget: {left: {en: '{left} left', zh: 还有}}", "widget.left: has other {placeholders}"),
        ("wigdet: {}", "wigdet: is not a section"),
        ("widget: [send]", "widget: must be a mapping of texts"),
        ("- widget", "(file): must be a mapping of sections"),
        ("widget: {", "is not valid YAML"),
        ("widget: {send: {en: a, zh: 一}, send: {en: b, zh: 二}}", 'has the key "send" twice'),
    ],
)
def test_a_wrong_text_is_named(tmp_path: Path, content: str, cause: str) -> None:
    file = tmp_path / "texts.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidTexts, match=re.escape(cause)) as error:
        load_texts(file)
    assert str(error.value).startswith("texts.yml: ")


def test_the_widget_uses_every_text_and_no_other() -> None:
    words = set(re.findall(r"\b\w+\b", ALL)) | {f"suggestion_{number}" for number in range(1, 5)}
    known = set(load_texts()["widget"])
    assert known - words == set()
    named = set(re.findall(r'(?:data-text|data-label|data-hint)": "(\w+)"', ALL)) | set(
        re.findall(r'say\("(\w+)"', ALL)
    )
    named |= set(re.findall(r'textButton\("(\w+)"', ALL)) | set(re.findall(r'iconButton\("\w+", "(\w+)"', ALL))
    assert len(named) > 20
    assert named - known == set()


def test_the_page_uses_every_text() -> None:
    template = (ROOT / "bot" / "web" / "templates" / "home.html").read_text(encoding="utf-8")
    code = (ROOT / "bot" / "web" / "home.py").read_text(encoding="utf-8")
    used = set(re.findall(r"texts\.(\w+)", template)) | set(re.findall(r'"(\w+)"', code))
    used |= {f"promise_{name}{end}" for name in ("source", "safety", "person") for end in ("", "_text")}
    assert set(load_texts()["home"]) - used == set()


# The widget's one file


def test_the_widget_is_small(script: str) -> None:
    served = compose_widget(NUMBERS)
    assert gzip.decompress(served.compressed) == served.content
    assert len(served.compressed) <= LARGEST


def test_every_module_is_in_the_file() -> None:
    assert {f"{name}.js" for name in widget.MODULES} == set(SOURCES)


def test_the_file_has_both_languages_and_the_numbers(script: str) -> None:
    for text in load_texts()["widget"].values():
        for language in LANGUAGES:
            assert json.dumps(text[language], ensure_ascii=False) in script
    assert '"numbers":["120","12356"]' in script


def test_the_file_needs_nothing_that_a_strict_policy_forbids(script: str) -> None:
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc", "<style",
                      '"style"', "import(", "XMLHttpRequest", "document.cookie"):  # fmt: skip
        assert forbidden not in script, forbidden


def test_the_file_goes_nowhere_but_to_its_gateway(script: str) -> None:
    assert set(re.findall(r"https?://[\w.]+", script)) == {"http://www.w3.org"}, "the namespace of SVG"


def test_the_file_is_the_same_each_time_and_its_tag_changes_with_it() -> None:
    assert compose_widget(NUMBERS) == compose_widget(NUMBERS)
    assert compose_widget(NUMBERS).etag != compose_widget(("999",)).etag


def test_no_module_is_too_long_to_read() -> None:
    assert {name: length for name, text in SOURCES.items() if (length := len(text.splitlines())) > 400} == {}


def test_shortening_leaves_meaning_alone() -> None:
    source = """/** A doc. */
export class A {
  // gone
  #count = 0;
  /** @param {string} text */
  say(text) {
    return /** @type {any} */ (text) === "a  /* b */ // c" ? this.#count + +1 : `${text} - ${this.#count} ; {`;
  }
}
const r = /[a-z] {2,}\\/ "/g, d = 4 / 2;
"""
    assert shorten.shorten_script(source) == (
        'export class A{#a=0;say(text){return(text)==="a  /* b */ // c"?this.#a + +1:`${text} - ${this.#a} ; {`;}}\n'
        'const r=/[a-z] {2,}\\/ "/g,d=4 / 2;'
    )


def test_shortening_a_style_leaves_meaning_alone() -> None:
    source = """/* a */
.a > .b:not(.c) ,
.d {
  margin: calc(1em + 2px) 0;
  color: red;
}
@media (max-width: 4px) {
  p {
    top: 0
  }
}
"""
    assert shorten.shorten_style(source) == (
        ".a>.b:not(.c),.d{margin:calc(1em + 2px) 0;color:red}@media (max-width:4px){p{top:0}}"
    )


def test_no_string_of_the_modules_looks_like_a_private_name() -> None:
    assert [found for found in re.findall(r'"[^"\n]*"', ALL) if "#" in found] == []


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node to read the file")
def test_the_file_can_be_read_by_an_engine(script: str, tmp_path: Path) -> None:
    (tmp_path / "daozhen.js").write_text(script, encoding="utf-8")
    subprocess.run(["node", "--check", tmp_path / "daozhen.js"], check=True)


# The check of its types


def test_without_node_the_types_are_skipped_by_name_and_fail_where_all_must_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(check.Skipped, match="node"):
        check.widget_types()
    monkeypatch.setenv("CI", "true")
    assert "node" in check.widget_types()


# Documentation


def test_every_attribute_is_documented() -> None:
    documented = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    read = set(re.findall(r"this\.dataset\.(\w+)", SOURCES["element.js"]))
    read |= {name.split(" ")[0] for group in re.findall(r"const \{([^}]*)\} = this\.dataset", SOURCES["element.js"])
             for name in group.strip().split(", ")}  # fmt: skip
    read |= set(re.findall(r'"(title\w+)"', SOURCES["element.js"]))
    assert {"language", "department", "position", "theme", "open", "server", "titleEn", "titleZh"} <= read
    for name in read:
        attribute = "data-" + re.sub("[A-Z]", lambda letter: f"-{letter.group().lower()}", name)
        assert f"`{attribute}`" in documented
    for name in re.findall(r'toggleAttribute\("([\w-]+)"', SOURCES["element.js"]):
        assert f"`{name}`" in documented


def test_every_custom_property_is_documented() -> None:
    style = (widget.FOLDER / "widget.css").read_text(encoding="utf-8")
    properties = set(re.findall(r"var\((--daozhen-[\w-]+)", style))
    assert len(properties) >= 9
    documented = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    assert [name for name in properties if f"`{name}`" not in documented] == []


def test_the_pictures_are_there_and_light() -> None:
    shown = re.findall(r"docs/images/\w+\.png", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) >= 2
    assert [name for name in shown if (ROOT / name).stat().st_size > 150_000] == []


# The hospital page


class _Reader(HTMLParser):
    """The tags of a page, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def read(content: str) -> _Reader:
    reader = _Reader()
    reader.feed(content)
    return reader


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_department_as_its_file_says(language: str) -> None:
    words = read(page(language)).words
    for department in DEPARTMENTS:
        for text in (department.name, department.overview):
            assert text.in_language(language) in words
        assert department.ward and str(department.ward.beds) in words
        assert department.staff and str(department.staff.total.count) in words
        names = [condition.name for condition in department.conditions]
        names += [procedure.name for procedure in department.procedures]
        names += [organ.name for organ in department.organs] + [clinic.name for clinic in department.clinics]
        for name in names:
            assert name.in_language(language) in words
    assert ("nearly 20,000" if language == "en" else "近2万") in words
    assert ("last updated March 2020" if language == "en" else "2020年3月更新") in words
    assert ("undated" if language == "en" else "未注明日期") in words


def test_the_page_follows_a_changed_file() -> None:
    ward = DEPARTMENTS[0].ward
    assert ward
    changed = DEPARTMENTS[0].copy(update={"ward": ward.copy(update={"beds": 987})})
    content = render_home([changed], RESPONSES, "en", number="120", address="")
    assert "<strong>987</strong> beds" in content
    assert DEPARTMENTS[1].name.en not in content


def test_the_page_writes_contact_where_a_file_has_it() -> None:
    changed = DEPARTMENTS[0].copy(update={"phone": "021 <1>"})
    content = render_home([changed], RESPONSES, "en", number="120", address="")
    assert "021 &lt;1&gt;" in content
    assert load_texts()["home"]["no_contact"]["en"] not in content


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_keeps_to_its_policy(language: str) -> None:
    reader = read(page(language, prefix="/daozhen"))
    for tag, attributes in reader.tags:
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert tag != "style"
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert not address or address.startswith(("/daozhen/", "?lang=", "#")), address
    assert dict(reader.tags[0][1])["lang"] == ("zh-CN" if language == "zh" else "en")


def test_the_page_shows_the_line_to_embed() -> None:
    line = '<script src="https://bot.example.org/widget/daozhen.js" data-language="auto" defer></script>'
    assert line in read(page("en")).words


def test_what_the_page_links_exists() -> None:
    for name in re.findall(r'/static/([\w.]+)"', page("en")):
        assert (ROOT / "bot" / "web" / "static" / name).is_file()


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        (None, "", "en"),
        ("zh", "en-GB", "zh"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "fr-FR, zh-TW;q=0.5", "zh"),
        ("fr", "", "en"),
        ("EN", "zh", "en"),
    ],
)
def test_the_language_of_the_page(wanted: str | None, accepted: str, language: str) -> None:
    assert page_language(wanted, accepted) == language
