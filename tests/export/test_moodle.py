"""Moodle's grading worksheet in any language: no points above the maximum, no locked row, no column that is guessed wrongly."""

import csv
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, Run

DIV = REFERENCE.replace("a.value / b.value", "a.value // b.value")
# identifier, name, e-mail, status, grade, maximum, changeable, submitted, graded, comments; the word before the number; yes and no
LANGUAGES = {
    "German": ("ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
               "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar", "Teilnehmer/in", "Ja", "Nein"),
    "French": ("Identifiant,Nom complet,Adresse de courriel,Statut,Note,Note maximale,La note peut être modifiée,"
               "Dernière modification (travail remis),Dernière modification (note),Feedback par commentaires",
               "Participant ", "Oui", "Non"),
    "Spanish": ("Identificador,Nombre completo,Dirección de correo,Estado,Calificación,Calificación máxima,"
                "La calificación puede ser cambiada,Última modificación (entrega),Última modificación (calificación),"
                "Comentarios de retroalimentación", "Participante ", "Sí", "No"),
    "Brazilian": ("Identificador,Nome completo,Endereço de e-mail,Status,Nota,Nota máxima,Nota pode ser alterada,"
                  "Última modificação (envio),Última modificação (nota),Comentários de feedback", "Participante ", "Sim", "Não"),
    "Italian": ("Identificativo,Nome,Indirizzo email,Stato,Valutazione,Valutazione massima,La valutazione può essere cambiata,"
                "Ultima modifica (consegna),Ultima modifica (valutazione),Commenti", "Partecipante ", "Sì", "No"),
    "Dutch": ("Identificatie,Volledige naam,E-mailadres,Status,Cijfer,Maximaal cijfer,Het cijfer kan gewijzigd worden,"
              "Laatst gewijzigd (inzending),Laatst gewijzigd (beoordeling),Feedback tekstvak", "Deelnemer ", "Ja", "Nee"),
    "Russian": ("Идентификатор,Полное имя,Адрес электронной почты,Статус,Оценка,Максимальная оценка,Оценка может быть изменена,"
                "Последнее изменение (ответ),Последнее изменение (оценка),Отзыв в виде комментария", "Участник ", "Да", "Нет"),
    "Japanese": ("ID,フルネーム,メールアドレス,ステータス,評点,最大評点,評点変更可,最終更新日時 (提出),最終更新日時 (評定),"
                 "フィードバックコメント",
                 "参加者", "Yes", "No"),
    "Chinese": ("标识符,全名,电子邮件地址,状态,成绩,最高分,允许更改成绩,上次修改（作业）,上次修改（评分）,反馈意见",
                "参与人", "是的", "否"),
    "Turkish": ("Tanımlayıcı,Tam adı,E-posta adresi,Durum,Not,Enyüksek not,Not değiştirilebilir,Son düzenleme (gönderim),"
                "Son düzenleme (not),Geri bildirim yorumları", "Katılımcı ", "Evet", "Hayır"),
    "English": ("Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),"
                "Last modified (grade),Feedback comments", "Participant ", "Yes", "No"),
}  # fmt: skip
POLISH = "Identyfikator,Nazwa,E-mail,Status,Ocena,Maks,Zmiana,Oddane,Ocenione,Komentarz"


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of three students: all points, some, all."""
    folder = tmp_path_factory.mktemp("moodle")
    for name, source in {"101": REFERENCE, "102": DIV, "104": REFERENCE}.items():
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(source, "utf-8")
    run("cohort", folder / "in", "--out", folder / "out", "--quiet")
    return folder / "out"


@pytest.fixture(scope="module")
def twentieths(out: Path) -> list[str]:
    """The grades where the maximum is 20; the locked row and that of nobody are empty."""
    points = [json.loads((out / name / "report.json").read_text("utf-8"))["score"] for name in ("101", "102")]
    assert points[0] == 100 > points[1]
    rounded = [(Decimal(str(score)) / 5).quantize(Decimal("0.01"), ROUND_HALF_UP) for score in points]
    return ["20", str(rounded[1]).rstrip("0").replace(".", ","), "", ""]


def worksheet(
    path: Path, header: str, participant: str, yes: str, no: str, most: str = '"20,00"', grades: tuple[str, ...] = ("",) * 3
) -> Path:
    """Write a worksheet with the three students, of whom 104 is locked, and one who handed in nothing."""
    lines = [
        f"{participant}{number},Jane,j{number}@example.org,S,{grade},{most},{lock},-,-,"
        for number, grade, lock in zip((101, 102, 104), grades, (yes, yes, no), strict=True)
    ]
    path.write_text("\ufeff" + "\r\n".join([header, *lines, f"{participant}105,Kim,,-,,{most},{yes},-,-,", ""]), "utf-8", newline="")
    return path


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))


@pytest.fixture
def fill(run: Run, out: Path, tmp_path: Path) -> Any:
    """Export into a worksheet and return what was said and the rows that were written."""

    def fill(template: Path, *options: object, status: int = 0) -> tuple[str, list[list[str]]]:
        target = tmp_path / "filled.csv"
        target.unlink(missing_ok=True)
        ended = run("export", out, "--to", "moodle", "--template", template, "--into", target, *options, status=status)
        assert target.exists() == (status == 0)
        return ended.stderr, rows(target) if status == 0 else []

    return fill


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_are_scaled_and_a_locked_row_stays_in(language: str, fill: Any, twentieths: list[str], tmp_path: Path) -> None:
    template = worksheet(tmp_path / "w.csv", *LANGUAGES[language])
    said, found = fill(template, "--scale", "--feedback")
    before = rows(template)
    assert [row[4] for row in found[1:]] == twentieths
    assert found[1][9].startswith("100 of 100 points")
    assert [found[i][9] for i in (3, 4)] == ["", ""]
    assert [row[:4] + row[5:9] for row in found] == [row[:4] + row[5:9] for row in before]
    assert "2 grades written into" in said
    assert "104 can't be changed in Moodle" in said


def test_points_are_never_written_unscaled_into_a_smaller_maximum(fill: Any, tmp_path: Path) -> None:
    said, _ = fill(worksheet(tmp_path / "w.csv", *LANGUAGES["German"]), "--column", "Bewertung", status=2)
    assert "the worksheet has a maximum of 20, the assignment 100: say --scale" in said


def test_an_export_says_how_many_grades_it_replaces(fill: Any, tmp_path: Path) -> None:
    header = LANGUAGES["English"]
    said, _ = fill(worksheet(tmp_path / "w.csv", *header, most="100.00", grades=("55.00", "-", "70.00")))
    assert "2 grades written into 'Grade'; existing grades replaced: 1" in said
    said, _ = fill(worksheet(tmp_path / "w.csv", *header, most="100.00", grades=("100.00", "", "")))
    assert "existing grades replaced: 0" in said


def test_a_language_that_is_not_known_needs_the_column_of_the_grades(fill: Any, twentieths: list[str], tmp_path: Path) -> None:
    template = worksheet(tmp_path / "w.csv", POLISH, "Uczestnik ", "Tak", "Nie")
    assert "no column is known for the grades: name it with --column; there are 'Identyfikator', " in fill(template, status=2)[0]
    assert "maximum of 20, the assignment 100" in fill(template, "--column", "Ocena", status=2)[0]
    assert [row[4] for row in fill(template, "--column", "Ocena", "--scale")[1][1:]] == twentieths
    said, _ = fill(template, "--column", "Ocena", "--scale", "--feedback", status=2)
    assert "no column is known for comments: name it with --comments" in said
    _, found = fill(template, "--column", "Ocena", "--scale", "--feedback", "--comments", "Komentarz")
    assert found[1][9].startswith("100 of 100 points")


def test_words_for_yes_that_are_not_known_are_asked_for(fill: Any, twentieths: list[str], tmp_path: Path) -> None:
    template = worksheet(tmp_path / "w.csv", POLISH, "Osallistuja ", "Joo", "Eipä")
    said, _ = fill(template, "--column", "Ocena", "--scale", status=2)
    assert "no column is known that says whether a grade can be changed: name it with --changeable" in said
    said, _ = fill(template, "--column", "Ocena", "--scale", "--changeable", "Zmiana", status=2)
    assert ":2: 'Zmiana' says 'Joo', which is neither yes nor no here: say --changeable \"Zmiana=YES\"" in said
    _, found = fill(template, "--column", "Ocena", "--scale", "--changeable", "Zmiana=Joo")
    assert [row[4] for row in found[1:]] == twentieths


def test_maxima_that_differ_are_no_guess(fill: Any, twentieths: list[str], tmp_path: Path) -> None:
    template = worksheet(tmp_path / "w.csv", POLISH, "Uczestnik ", "Tak", "Nie")
    template.write_text(template.read_text("utf-8").replace('"20,00"', "100", 1), "utf-8")
    assert "no column is known for the maximum grade: name it with --maximum" in fill(template, "--column", "Ocena", status=2)[0]
    _, found = fill(template, "--column", "Ocena", "--maximum", "Maks", "--scale")
    assert [row[4] for row in found[1:]] == ["100", *twentieths[1:]]
    template.write_text(template.read_text("utf-8").replace('"20,00"', "viel", 1), "utf-8")
    said, _ = fill(template, "--column", "Ocena", "--maximum", "Maks", "--scale", status=2)
    assert ":3: 'viel' is no maximum grade" in said


def test_a_scale_is_refused(fill: Any, tmp_path: Path) -> None:
    header, *words = LANGUAGES["English"]
    template = worksheet(tmp_path / "w.csv", header.replace("Maximum grade", "Scale"), *words, most="Pass")
    assert "this assignment is graded with a scale in Moodle, not with points" in fill(template, status=2)[0]
