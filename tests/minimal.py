"""A small valid department file, and a second one beside it, for tests to break."""

from __future__ import annotations

from pathlib import Path

MINIMAL = """\
id: demo
name: {en: Demo Department, zh: 示范科}
short_name: {en: Demo, zh: 示范}
aliases: {en: [demo unit], zh: [示范室]}
source:
  title: {en: a made-up page, zh: 虚构网页}
  updated: 2021-07
overview: {en: It shows how a file looks., zh: 展示文件的写法。}
specialty:
  - id: first
    text: {en: One., zh: 一。}
  - id: second
    text: {en: Two., zh: 二。}
awards:
  - year: 2001
    prize: {en: a prize, zh: 奖项}
    project: {en: a project, zh: 课题}
ward:
  beds: 20
rooms:
  - id: scan_rooms
    name: {en: scan rooms, zh: 间检查室}
    count: 3
    qualifier: exact
staff:
  total: {count: 7, what: {en: people, zh: 人}}
  grades:
    - id: porter
      name: {en: porters, zh: 护工}
      aliases: {en: [porter], zh: []}
      count: 4
organs:
  - id: spleen
    name: {en: spleen, zh: 脾脏}
    care: {en: Looked at., zh: 可以检查。}
conditions:
  - id: cough
    name: {en: cough, zh: 咳嗽}
    aliases: {en: [coughing], zh: [干咳]}
    care: {en: Listened to., zh: 可以听诊。}
procedures:
  - id: listening
    name: {en: listening, zh: 听诊}
    organs: [spleen]
    conditions: [cough]
    offered: {en: It is offered., zh: 开展听诊。}
    description: {en: A doctor listens., zh: 医生听声音。}
    reviewed_by: null
    reviewed_on: null
multidisciplinary:
  - cough
trials:
  - id: T-1
    condition: cough
    subject: {en: coughs, zh: 各种咳嗽}
    status: {en: ongoing, zh: 进行中}
    level: {en: local trial, zh: 院级试验}
"""
"""Valid, with one entry of nearly everything."""

SECOND = """\
id: other
name: {en: Other Department, zh: 另一科}
short_name: {en: Other, zh: 另一}
aliases: {en: [other unit], zh: [另一室]}
source: {title: {en: another page, zh: 另一网页}, updated: undated}
overview: {en: It is the second., zh: 这是第二个。}
"""
"""Valid, and at peace with MINIMAL."""


def edited(content: str, old: str, new: str) -> str:
    """A text with one place changed, which must be there once."""
    assert content.count(old) == 1, old
    return content.replace(old, new)


def folder_of(folder: Path, **files: str) -> Path:
    """A folder with these files: demo="…" becomes demo.yml."""
    for name, content in files.items():
        (folder / f"{name}.yml").write_text(content, encoding="utf-8")
    return folder
