"""Rosters as Canvas, Moodle and GitHub Classroom export them: who handed in, and who is missing."""

from pathlib import Path

import pytest
from conftest import Run
from handed_in import Cohort, program, put


@pytest.fixture
def cohort(run: Run, tmp_path: Path) -> Cohort:
    return Cohort(run, tmp_path)


@pytest.mark.slow
def test_a_roster_that_canvas_exported_is_read(cohort: Cohort) -> None:
    put(cohort.folder / "in", {"101/autodiff.py": program("a"), "kroe/autodiff.py": program("b")})
    gradebook = (
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (7),Current Score\r\n,,,,,Manual Posting,\r\n"
        '    Points Possible,,,,,10.00,(read only)\r\n"Doe, Jane",101,s101,jdoe,"L1, L2",,\r\n"Roe, Kim",102,s102,kroe,L1,,\r\n'
        '"Poe, Lee",103,s103,lpoe,L1,,\r\n'
    )
    assert cohort.status(gradebook) == {"101": "graded", "kroe": "graded", "103": "missing"}
    people = (
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        '"Doe, Jane",101,s101,jdoe,"L1, L2",Team 1,5,g5\n"Roe, Kim",102,s102,kroe,L1,Team 1,5,g5\n"Poe, Lee",103,s103,lpoe,L1,,,\n'
    )
    assert cohort.status(people) == {"101": "graded", "kroe": "graded", "103": "missing"}
    names = "LastName,FirstName,ID,SIS Login ID,Section\n    Points Possible,,,,\nDoe,Jane,101,jdoe,L1\nPoe,Lee,103,lpoe,L1\n"
    assert cohort.status(names) == {"101": "graded", "kroe": "graded", "103": "missing"}


def test_an_id_goes_before_what_a_platform_calls_somebody_else(cohort: Cohort) -> None:
    put(cohort.folder / "in", {"102/autodiff.py": program("a")})
    people = "name,canvas_user_id,user_id,login_id\nJane,101,102,jdoe\nKim,102,s102,kroe\n"
    assert cohort.status(people) == {"102": "graded", "101": "missing"}


@pytest.mark.slow
def test_forgetting_a_student_of_a_canvas_gradebook_leaves_the_others(cohort: Cohort) -> None:
    put(cohort.folder / "in", {"101/autodiff.py": program("a"), "102/autodiff.py": program("b")})
    cohort.status("Student,ID,SIS Login ID,Section\n    Points Possible,,,\nDoe,101,jdoe,L1\nRoe,102,kroe,L1\n")
    cohort.run("forget", cohort.out, "102")
    kept = (cohort.out / ".course" / "roster.csv").read_text("utf-8")
    assert "101" in kept
    assert "Roe" not in kept
    assert "Points Possible" in kept


@pytest.mark.slow
def test_a_roster_that_moodle_exported_is_read(cohort: Cohort) -> None:
    files = {f"{n}_{i}_assignsubmission_file/autodiff.py": program("a") for n, i in (("Jane Doe", 201), ("Kim Roe", 202))}
    put(cohort.folder / "in", files)
    german = "Vorname;Nachname;E-Mail-Adresse;Gruppen\nJane;Doe;jane@x;A\nKim;Roe;kim@x;A\nLee;Poe;lee@x;A\n"
    found = {"201": "graded", "202": "graded"}
    assert cohort.status(german, "--from", "moodle") == {**found, "lee@x": "missing"}
    english = "First name,Last name,ID number,Email address,Groups\nJane,Doe,,jane@x,\nKim,Roe,77,kim@x,\nLee,Poe,,lee@x,\n"
    assert cohort.status(english, "--from", "moodle") == {**found, "lee@x": "missing"}
    worksheet = "Identifiant,Nom complet,Adresse de courriel,Note\nParticipant 201,J,j@x,\nParticipant 202,K,k@x,\nParticipant 203,L,l@x,\n"
    assert cohort.status(worksheet, "--from", "moodle") == {**found, "203": "missing"}


@pytest.mark.slow
def test_a_roster_that_github_classroom_exported_is_read(cohort: Cohort) -> None:
    put(cohort.folder / "in", {"jane-d/autodiff.py": program("a")})
    classroom = '"identifier","github_username","github_id","name"\n"doe@x","jane-d","12345","Jane Doe"\n"roe@x","","",""\n'
    assert cohort.status(classroom) == {"jane-d": "graded", "roe@x": "missing"}
    assert cohort.status("github_username,name\njane-d,Jane Doe\nkim-r,Kim\n") == {"jane-d": "graded", "kim-r": "missing"}
