"""Phase 2: the set-up, that is every model's environment and weights on this machine."""

from dataclasses import dataclass
from pathlib import Path

from secondtake.core.environ import built_from
from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.core.weights import Fetched, Manifest, read_manifest
from secondtake.runner.progress_pages import markdown, remedies, sections
from secondtake.runner.progress_pages.sections import Status, head, overall
from secondtake.runner.progress_pages.survey import Standing, Survey

TITLE = "Set-up"
ANALYSIS = "analysis"
BUILT = {
    "built": "✅ built",
    "stale": "🔁 built from another lock",
    "absent": "⏳ not built",
    "foreign": "❌ in its place is something that secondtake did not make",
    "no lock": "❌ its lock file is missing",
}


@dataclass(frozen=True)
class Need:
    """One checkpoint that the song needs, and what there is of it."""

    model: Model
    checkpoint: Checkpoint
    environment: str  # a key of BUILT
    manifest: Manifest | None
    missing: tuple[str, ...]  # keys of files that are not on this disk as they were fetched
    blocked: Standing | None  # a job that the last run could not begin

    @property
    def fetched(self) -> bool:
        return not self.missing

    @property
    def ready(self) -> bool:
        return self.environment == "built" and self.fetched


def environment_state(project: Project, name: str) -> str:
    """Whether an environment is there and made from the lock as it is now."""
    lock, link = project.lock(name), project.environment(name)
    if not lock.is_file():
        return "no lock"
    if not link.exists():
        return "absent"
    found = built_from(str(link))
    if not link.is_symlink() or not found:
        return "foreign"
    return "built" if found == sha256_of(lock) else "stale"


def needs(survey: Survey) -> list[Need]:
    """The checkpoints that the song's jobs ask for, in the order of the registry."""
    asked = dict.fromkeys((s.job.model, s.job.checkpoint) for s in survey.standings)
    return [_need(survey, MODELS[name], MODELS[name].checkpoint(c)) for name, c in asked]


def _need(survey: Survey, model: Model, checkpoint: Checkpoint) -> Need:
    manifest = read_manifest(survey.project, model.name, checkpoint.name)
    files = manifest.files if manifest else {}
    missing = [
        weight.key
        for weight in checkpoint.weights
        if not weight.optional and not _is_there(survey.project, files.get(weight.key))
    ]
    blocked = (
        standing
        for standing in survey.of("blocked")
        if standing.outcome and standing.job.model == model.name
    )
    state = environment_state(survey.project, model.name)
    return Need(model, checkpoint, state, manifest, tuple(missing), next(blocked, None))


def _is_there(project: Project, file: Fetched | None) -> bool:
    """By its length alone: a worker proves the hash of all that it loads."""
    if file is None:
        return False
    path = project.cache / file.path
    return path.is_file() and path.stat().st_size == file.bytes


def write(survey: Survey) -> str:
    """The page."""
    wanted = needs(survey)
    ready = [need for need in wanted if need.ready]
    blocked = [need for need in wanted if need.blocked and not need.ready]
    status = Status(overall(len(ready), len(blocked), len(wanted)), _in_brief(wanted))
    summary = (
        f"{len(ready)} of {markdown.many(len(wanted), 'model')} can run: environment built, "
        "weights here. Both are made when they are first needed; nothing has to be set up by hand."
    )
    return markdown.page(
        [
            *head(survey, 2, TITLE, status, summary),
            "## Environments",
            _environments(survey, wanted),
            "## Weights",
            *(block for need in wanted for block in _weights(survey.project, need)),
            *(["## Blocked ⚠️"] if blocked else []),
            *(block for need in blocked for block in _blocked(survey, need)),
            "## Next steps",
            _next(survey, wanted),
        ]
    )


def _in_brief(wanted: list[Need]) -> str:
    marks = [
        (need, "✅" if need.ready else "⚠️ blocked" if need.blocked else "⏳") for need in wanted
    ]
    return ", ".join(f"{markdown.words(need.model.title)} {mark}" for need, mark in marks)


def _environments(survey: Survey, wanted: list[Need]) -> str:
    names = dict.fromkeys(need.model.name for need in wanted)
    rows = [(name, markdown.words(MODELS[name].title)) for name in names]
    rows.append((ANALYSIS, "checks, comparison and plots"))
    return markdown.table(
        ("environment", "for", "state", "lock", "sha256 of the lock"),
        [
            (
                markdown.code(survey.project.environment(name).name),
                purpose,
                BUILT[environment_state(survey.project, name)],
                survey.link(survey.project.lock(name)),
                _lock_hash(survey.project.lock(name)),
            )
            for name, purpose in rows
        ],
    )


def _lock_hash(lock: Path) -> str:
    return markdown.short(sha256_of(lock)) if lock.is_file() else "missing"


def _weights(project: Project, need: Need) -> list[str]:
    """One checkpoint: what was fetched, or what would be."""
    model, checkpoint = need.model, need.checkpoint
    title = f"### {markdown.words(model.title)}: {markdown.words(checkpoint.title)}"
    if not checkpoint.weights:
        return [title, "✅ No weights: everything ships in its packages."]
    licence = markdown.bullets(
        [
            f"Licence of the weights: {sections.told(checkpoint.licence)}"
            if checkpoint.licence
            else "",
            f"Gated: a person accepts the licence on <{checkpoint.gate}>"
            if checkpoint.gate
            else "Open: no account is needed",
            f"Memory while it runs on the CPU: about {markdown.size(checkpoint.memory_bytes)}",
        ]
    )
    files = need.manifest.files if need.manifest else {}
    rows = [
        (
            markdown.code(weight.source),
            _revision(files.get(weight.key)),
            markdown.size(files[weight.key].bytes) if weight.key in files else "",
            _hash(files.get(weight.key), weight.sha256),
            _presence(weight.key, need, weight.optional),
        )
        for weight in checkpoint.weights
    ]
    return [title, licence, markdown.table(("file", "revision", "size", "sha256", "state"), rows)]


def _revision(file: Fetched | None) -> str:
    return markdown.short(file.revision) if file and file.revision else ""


def _hash(file: Fetched | None, pinned: str) -> str:
    if file is None:
        return f"{markdown.short(pinned)} (pinned)" if pinned else "recorded at the first fetch"
    known = "pinned" if file.pinned else "trust on first use"
    return f"{markdown.short(file.sha256)} ({known})"


def _presence(key: str, need: Need, optional: bool) -> str:
    files = need.manifest.files if need.manifest else {}
    if key not in need.missing and key in files:
        return "✅ fetched"
    if key in files:
        return "❌ gone or changed since"
    return "➖ optional" if optional else "⏳ not fetched"


def _blocked(survey: Survey, need: Need) -> list[str]:
    standing = need.blocked
    assert standing is not None and standing.outcome is not None  # `write` asked for these
    outcome = standing.outcome
    cure = remedies.remedy(survey, need.model, need.checkpoint, outcome.code, "")
    return [
        f"### {markdown.words(need.model.title)}",
        f"In the last run: {markdown.words(survey.here(outcome.message))}",
        *cure.blocks(),
    ]


def _next(survey: Survey, wanted: list[Need]) -> str:
    todo = [need for need in wanted if not need.ready]
    if not todo:
        command = markdown.code(survey.command("generate-all"))
        return markdown.numbered([f"Nothing is missing. Make what is not made yet: {command}"])
    names = ",".join(dict.fromkeys(need.model.name for need in todo))
    setup = markdown.code(survey.command("setup", "--models", names))
    fetch = markdown.code(survey.command("fetch", "--models", names))
    return markdown.numbered(
        [
            "See what stands in the way, without downloading anything: `invoke doctor`",
            f"Build ahead of time, if you like: {setup}",
            f"Fetch ahead of time, if you like: {fetch}",
            f"Or do it all in one go: {markdown.code(survey.command('generate-all'))}",
        ]
    )
