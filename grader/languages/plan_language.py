"""Put a language into a plan: its rubric then speaks it, in compare, diagnosis, report and pages. Nothing else in the plan changes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from grader.diagnosis.misconceptions import load_misconceptions
from grader.digests import digest_of_parts
from grader.kit import Kit
from grader.languages.catalogue import KINDS, Finding, folder_of, read_catalogue
from grader.languages.source_texts import Source, source_texts
from grader.model import ENGLISH, Criterion, Rubric, Step
from grader.plan.plan import Plan


def in_language(plan: Plan, kit: Kit, language: str) -> tuple[Plan, list[Finding]]:
    """Return a plan that speaks a language, and the texts that stay English in it.

    Raises KitFault if there is no such language, and RubricError if its catalogue can't be read.
    """
    if language in ("", ENGLISH):
        return plan, []
    catalogue = read_catalogue(folder_of(kit.rubrics, language))
    counting, findings = catalogue.compare(sources_of(plan.rubric, kit))
    return replace(plan, rubric=_translated(plan.rubric, language, counting)), findings


def sources_of(rubric: Rubric, kit: Kit) -> dict[str, Source]:
    """Return the English texts of a kit by key. Raises KitFault if a misconception can't be read."""
    return source_texts(rubric, load_misconceptions(kit.root / "reference" / "misconceptions"))


def counted(language: str, findings: list[Finding]) -> str:
    """Return one sentence on the texts that stay English; nothing where there are none."""
    number = Counter(finding.kind for finding in findings)
    kinds = ", ".join(f"{number[kind]} {kind}" for kind in KINDS if number[kind])
    return f"language {language}: {kinds}, which are shown in English: `grader rubric language {language} --check`" if kinds else ""


def _translated(rubric: Rubric, language: str, texts: Mapping[str, str]) -> Rubric:
    spoken = dict(rubric.sentences)
    spoken |= {f"english.{key}": text for key, text in spoken.items() if key.startswith(("intake.", "kinds."))}
    for key, text in texts.items():
        file, _, name = key.partition(".")
        if file in ("sentences", "words"):
            spoken[name] = text
        elif file == "misconceptions":
            spoken[key] = text
    steps = tuple(_step(step, texts) for step in rubric.steps)
    sha256 = digest_of_parts(part.encode() for part in (rubric.sha256, language, *(f"{key}={text}" for key, text in texts.items())))
    return Rubric(steps, sha256, spoken, language)


def _step(step: Step, texts: Mapping[str, str]) -> Step:
    title = texts.get(f"criteria.{step.id}.title", step.title)
    return replace(step, title=title, criteria=tuple(_criterion(step.id, criterion, texts) for criterion in step.criteria))


def _criterion(step: str, criterion: Criterion, texts: Mapping[str, str]) -> Criterion:
    def said(name: str, english: str) -> str:
        return texts.get(f"criteria.{step}.{criterion.id}.{name}", english)

    return replace(criterion, says=said("says", criterion.says), why=said("why", criterion.why), hint=said("hint", criterion.hint))
