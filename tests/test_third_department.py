"""Adding a department is a file and a retraining, no code: one is added, and asked about in both languages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli.processes import environment, serving_python
from bot.settings import ROOT

pytestmark = pytest.mark.slow

DEPARTMENT = """
id: dermatology
name: {en: Department of Dermatology, zh: 皮肤科}
short_name: {en: Dermatology Department in Nanjing, zh: 南京皮肤科}
city: {en: Nanjing, zh: 南京}
aliases: {en: [dermatology, skin department, Nanjing], zh: [皮肤科, 南京]}
source: {title: {en: the department's own page, zh: 科室网页}, updated: 2025-11}
overview: {en: It looks after people with diseases of the skin., zh: 为皮肤病患者服务。}
ward: {beds: 23}
procedures:
  - id: phototherapy
    name: {en: phototherapy, zh: 光疗}
    aliases: {en: [light therapy, UVB], zh: [紫外线治疗, 照光]}
    offered: {en: Phototherapy is done on every working day., zh: 每个工作日都做光疗。}
    description: {en: Light of one colour shines on the skin. It does not hurt., zh: 用一种颜色的光照皮肤，不疼。}
    reviewed_by: null
    reviewed_on: null
"""
QUESTIONS = (
    ("How many beds does the dermatology department have?", "en", "23"),
    ("皮肤科有多少张床位", "zh", "23"),
    ("does the skin department do phototherapy", "en", "every working day"),
    ("南京那边做不做光疗", "zh", "每个工作日"),
    ("how many beds in Shanghai", "en", "56"),
)
PROGRAM = """
import sys
from bot.cli.understanding import Understanding
understanding = Understanding()
for line in sys.stdin.read().splitlines():
    text, language = line.split("\\t")
    print("REPLY " + understanding.reply(text, language).text.replace("\\n", " "))
"""


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    project = tmp_path_factory.mktemp("project")
    for name in ("bot", "actions", "data", "config.yml", "domain.yml", "endpoints.yml", "requirements.txt"):
        source = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, project / name, ignore=ignore) if source.is_dir() else shutil.copy(source, project)
    (project / "data" / "departments" / "dermatology.yml").write_text(DEPARTMENT, encoding="utf-8")
    surroundings = {**environment(), "PYTHONPATH": str(project), "PATH": os.environ["PATH"]}

    def run(*arguments: str, given: str = "") -> str:
        command = [serving_python(), *arguments]
        result = subprocess.run(command, cwd=project, env=surroundings, input=given, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr[-3000:]
        return result.stdout

    run("-m", "bot", "train")
    given = "\n".join(f"{text}\t{language}" for text, language, _ in QUESTIONS)
    return [line for line in run("-c", PROGRAM, given=given).splitlines() if line.startswith("REPLY ")]


@pytest.mark.parametrize("index", range(len(QUESTIONS)), ids=[text for text, _, _ in QUESTIONS])
def test_it_is_answered(replies: list[str], index: int) -> None:
    assert QUESTIONS[index][2] in replies[index]


def test_the_project_itself_is_untouched() -> None:
    assert not (Path(ROOT) / "data" / "departments" / "dermatology.yml").exists()
