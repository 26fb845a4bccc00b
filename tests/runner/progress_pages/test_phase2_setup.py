from dataclasses import replace

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import BLOCK, Scratch

from secondtake.core.registry.all_models import MODELS
from secondtake.core.weights import read_manifest, write_manifest
from secondtake.runner.progress_pages.phase2_setup import environment_state


def test_an_environment_built_from_its_lock(scratch: Scratch) -> None:
    assert environment_state(scratch.project, "bark") == "absent"
    scratch.environment("bark")
    assert environment_state(scratch.project, "bark") == "built"
    scratch.project.lock("bark").write_text("# newer\n")
    assert environment_state(scratch.project, "bark") == "stale"
    scratch.project.lock("bark").unlink()
    assert environment_state(scratch.project, "bark") == "no lock"


def test_a_folder_that_is_not_ours(scratch: Scratch) -> None:
    scratch.project.environment("bark").mkdir()
    assert environment_state(scratch.project, "bark") == "foreign"


def test_a_link_to_nowhere_is_not_built(scratch: Scratch) -> None:
    scratch.project.environment("bark").symlink_to("nowhere")
    assert environment_state(scratch.project, "bark") == "absent"


def test_weights_are_listed_before_they_are_fetched(scratch: Scratch) -> None:
    html = render(scratch.page(2))
    for weight in MODELS["bark"].checkpoint("").weights:
        assert weight.source in html.text
    assert html.text.count("not fetched") == sum(
        len(MODELS[name].checkpoint("").weights) for name in ("bark", "stable_audio")
    )
    assert "d7cc33bcf1aa… (pinned)" in html.text
    assert "No weights: everything ships in its packages." in html.text


@pytest.mark.parametrize(("pinned", "word"), [(True, "pinned"), (False, "trust on first use")])
def test_fetched_weights_with_their_hashes(scratch: Scratch, pinned: bool, word: str) -> None:
    scratch.weights("stable_audio", pinned=pinned, size=3 << 20)
    page = scratch.page(2)
    rows = [line for line in page.splitlines() if line.startswith("| `stabilityai/")]
    assert len(rows) == 2
    for row in rows:
        assert "| `0123456789ab…` | 3.0 MiB |" in row
        assert f"({word})" in row
        assert row.endswith("| ✅ fetched |")


def test_weights_that_were_cut_are_not_there(scratch: Scratch) -> None:
    scratch.weights("bark")
    (scratch.project.cache / "hub" / "bark-0").write_bytes(b"w")
    page = scratch.page(2)
    assert page.count("❌ gone or changed since") == 1
    assert "Bark ⏳" in page


def test_a_gated_model_says_what_a_person_must_do(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    html = render(scratch.page(2))
    gate = "https://huggingface.co/stabilityai/stable-audio-open-1.0"
    assert html.links.count(gate) == 2  # where its weights are listed, and among the steps
    assert "Stable Audio ⚠️ blocked" in html.text
    assert "invoke generate-all --models stable_audio" in html.blocks[-1]


def test_once_all_is_there_the_old_block_is_gone(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    scratch.environment("stable_audio")
    scratch.weights("stable_audio")
    assert "Blocked" not in scratch.page(2)
    assert "Stable Audio ✅" in scratch.page(2)


def test_ready(scratch: Scratch) -> None:
    for name in ("bark", "stable_audio", "sketch"):
        scratch.environment(name)
        scratch.weights(name)
    page = scratch.page(2)
    assert "**Status**: Done ✅" in page
    assert "3 of 3 models can run" in page


def test_shards_have_rows_of_their_own_and_one_that_is_gone_is_missed(scratch: Scratch) -> None:
    scratch.weights("bark")
    manifest = read_manifest(scratch.project, "bark", MODELS["bark"].default.name)
    assert manifest is not None
    shard = replace(manifest.files["text"], key="text1", source="suno/bark/text-1-of-1.bin")
    named = replace(manifest.files["text"], source="suno/bark/another name")
    files = {**manifest.files, "text": named, "text1": shard}
    write_manifest(scratch.project, replace(manifest, files=files))
    rows = [line for line in scratch.page(2).splitlines() if line.startswith("| `suno/bark/")]
    assert [row.split("`")[1] for row in rows][::3] == [named.source, shard.source]
    assert all(row.endswith("| ✅ fetched |") for row in rows)
    files["text1"] = replace(shard, path="gone")
    write_manifest(scratch.project, replace(manifest, files=files))
    page = scratch.page(2)
    assert page.count("❌ gone or changed since") == 1 and "Bark ⏳" in page
