"""Every page is one file that loads nothing, and prints no text unescaped."""

import base64
import hashlib
import re
from pathlib import Path

import jinja2
import pytest

from grader.pages import html
from grader.rubric.words import english

PAGE = """{% extends "base.html" %}{% from "parts.html" import bar, mark with context %}
{% block title %}{{ name }}{% endblock %}
{% block content %}<p class="{{ name }}">{{ name }}</p>{{ bar(1, 4) }}{{ mark("fail") }}{% endblock %}
"""
NASTY = "</style><script>alert(1)</script>\" onload=x '\u202egnp\x1b[2J\ud800{{ 7*7 }}"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for part in html.TEMPLATES.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    (tmp_path / "page.html").write_text(PAGE)
    monkeypatch.setattr(html, "TEMPLATES", tmp_path)
    html._environment.cache_clear()
    try:
        return html.render("page.html", rules=".own{color:red}", name=NASTY, t=html.speaker(english()))
    finally:
        html._environment.cache_clear()


def test_text_is_escaped_in_elements_and_attributes(page: str) -> None:
    assert "<script" not in page
    assert "onload=x '" not in page
    assert "&lt;/style&gt;&lt;script&gt;alert(1)" in page
    assert page.isprintable() or set(page) - {"\n"} == {c for c in page if c.isprintable()}
    assert "{{ 7*7 }}" in page


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(page: str) -> None:
    [sheet] = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    [policy] = re.findall('Security-Policy" content="([^"]*)"', page)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert ".own{color:red}" in sheet
    assert not re.search(r"url\(|@import|https?:", sheet)
    assert " style=" not in page


def test_a_name_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        html._environment().from_string("{{ nobody }}").render()


@pytest.mark.parametrize(("number", "shown"), [(35.0, "35"), (62.5, "62.5"), (None, "–")])
def test_points_are_shown_as_in_the_other_reports(number: float | None, shown: str) -> None:
    assert html.points(number) == shown
