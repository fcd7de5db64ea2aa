"""The catalog: a checked file, starters first, and any Hub id."""

import pytest

from models.catalog import TIERS, Catalog, CatalogError, load_catalog
from models.catalog_file import TIER_BYTES
from models.errors import InputError
from models.host_memory import BUDGET_SHARE
from models.local_models import named
from models.spec import CAPABILITIES
from tests.fakes import card


def test_every_capability_starts_with_a_starter():
    catalog = load_catalog()
    assert all(catalog.default(name).is_starter for name in CAPABILITIES)


def test_with_a_gpu_the_best_model_of_its_tier_is_the_default():
    tiers = {"starter/a": "starter", "o/small": "cpu", "o/mid": "8gb", "o/big": "80gb"}
    cards = [card(name, tier=tier) for name, tier in tiers.items()]
    assert Catalog(cards, "8gb").default("sentiment").id == "o/mid"
    assert Catalog(cards, "starter").default("sentiment").id == "starter/a"
    assert Catalog(cards, "8gb").of("sentiment")[0].id == "o/mid"


def test_transcription_starts_with_the_quick_engine_on_a_cpu_and_with_torch_on_a_gpu():
    assert load_catalog().default("speech_to_text").engine == "ctranslate2"
    assert load_catalog(gpu=True).default("speech_to_text").engine == "transformers"


def test_gated_models_are_never_a_default():
    cards = [card("starter/a", tier="starter"), card("o/gated", tier="8gb", gated=True)]
    assert Catalog(cards, "8gb").default("sentiment").id == "starter/a"
    more = [*cards, card("o/open", tier="8gb")]
    assert Catalog(more, "8gb").default("sentiment").id == "o/open"


def test_a_hub_id_that_is_not_listed_gets_a_bare_card():
    found = load_catalog().find("sentiment", "org/model")
    assert (found.id, found.engine, found.licence) == ("org/model", "transformers", "unknown")


@pytest.mark.parametrize("model", ["../x", "starter/nothing", "local/nothing", "/tmp"])
def test_what_is_neither_listed_nor_a_hub_id_is_refused(model):
    with pytest.raises(InputError):
        load_catalog().find("sentiment", model)


ROW = {
    "id": '"a/b"', "capability": '"sentiment"', "engine": '"transformers"', "title": '"It"',
    "licence": '"mit"', "languages": '["en"]', "parameters": "1000", "size_bytes": "4000",
    "gated": "false", "tier": '"cpu"', "good_at": '"Short texts."',
}  # fmt: skip
CHECKED = '[checked]\non = 2026-01-02\nhow = "by hand"\n'


def catalog_file(tmp_path, *rows, head=CHECKED):
    path = tmp_path / "catalog.toml"
    written = ("[[model]]\n" + "".join(f"{k} = {v}\n" for k, v in row.items()) for row in rows)
    path.write_text(head + "\n".join(written))
    return path


def test_a_whole_row_becomes_a_card(tmp_path):
    path = catalog_file(tmp_path, {**ROW, "defaults": '{ dtype = "float16" }'})
    found = load_catalog(path=path).find("sentiment", "a/b")
    assert (found.languages, found.notes, found.tier) == (("en",), "Short texts.", "cpu")
    assert (found.defaults, found.gated, found.size_bytes) == ({"dtype": "float16"}, False, 4000)


@pytest.mark.parametrize("field", ROW)
def test_a_row_without_a_field_is_named(tmp_path, field):
    path = catalog_file(tmp_path, {k: v for k, v in ROW.items() if k != field})
    with pytest.raises(CatalogError, match=f"model 1.*{field}: is missing"):
        load_catalog(path=path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colour": '"red"'}, "colour: is no field"),
        ({"capability": '"poetry"'}, "'poetry' is no capability"),
        ({"tier": '"huge"'}, "'huge'; choices: cpu"),
        ({"tier": '"starter"'}, "'starter'; choices: cpu"),
        ({"id": '"../x"'}, "no model id"),
        ({"parameters": '"many"'}, "parameters: .*integer"),
        ({"parameters": "0"}, "parameters: the number"),
        ({"size_bytes": "0"}, "size_bytes: .*greater than 0"),
        ({"gated": '"no"'}, "gated: .*boolean"),
        ({"languages": '["English"]'}, "languages.0: .*pattern"),
        ({"good_at": '""'}, "good_at: .*at least 1"),
        ({"defaults": "{ steps = 4 }"}, "defaults.steps is no setting of sentiment"),
        ({"capability": '"translation"', "defaults": "{ source = 4 }"}, "source must be str"),
    ],
)
def test_a_bad_row_is_named_with_its_id_and_field(tmp_path, change, named):
    path = catalog_file(tmp_path, {**ROW, "id": '"o/good"'}, {**ROW, **change})
    name = change.get("id", '"a/b"').strip('"').replace(".", r"\.")
    with pytest.raises(CatalogError, match=rf"model 2 \({name}\): .*{named}"):
        load_catalog(path=path)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("", "section checked: on: is missing"),
        (CHECKED + "[others]\n", "no section 'others'"),
        ("[checked", "can't be read"),
        (CHECKED.replace("2026-01-02", '"lately"'), "checked: on: .*date"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, head, named):
    with pytest.raises(CatalogError, match=named):
        load_catalog(path=catalog_file(tmp_path, ROW, head=head))


def test_a_model_may_stand_once_in_a_capability(tmp_path):
    with pytest.raises(CatalogError, match="a/b stands twice under sentiment"):
        load_catalog(path=catalog_file(tmp_path, ROW, ROW))


#: What the mission names -> letters of an id, and the capabilities where it must be offered.
FAMILIES = {
    "Whisper": ("whisper", {"speech_to_text"}),
    "Bark": ("bark", {"text_to_speech"}),
    "voices that copy a sample": ("csm", {"text_to_speech"}),
    "Stable Diffusion": ("stable-diffusion", {"image_generation"}),
    "FLUX.1-schnell": ("FLUX.1-schnell", {"image_generation"}),
    "BGE": ("bge-", {"tokenizer", "embeddings"}),
    "E5": ("/e5-", {"tokenizer", "embeddings"}),
    "Llama": ("Llama-", {"summarization", "translation", "text_generation", "tokenizer"}),
    "Mistral": ("Mistral-", {"summarization", "translation", "text_generation", "tokenizer"}),
    "Falcon": ("falcon-", {"summarization", "tokenizer"}),
    "Phi-3": ("Phi-3", {"summarization", "translation", "text_generation", "tokenizer"}),
    "Qwen2": ("Qwen2", {"summarization", "translation", "text_generation", "tokenizer"}),
    "StarCoder2": ("starcoder2", {"summarization", "text_generation", "tokenizer"}),
    "GPT-2": ("gpt2", {"text_generation", "tokenizer"}),
    "SmolLM2": ("SmolLM2", {"text_generation"}),
    "Gemma": ("gemma-3", {"text_generation"}),
    "MarianMT": ("opus-mt", {"translation"}),
    "NLLB": ("nllb", {"translation"}),
    "BART": ("bart-", {"summarization"}),
    "Pegasus": ("pegasus", {"summarization"}),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_the_mission_is_offered_where_it_belongs(family):
    letters, places = FAMILIES[family]
    catalog = load_catalog()
    found = {
        name for name in CAPABILITIES if any(letters in c.id for c in catalog.of(name) if c.is_hub)
    }
    assert places <= found


def test_every_tier_has_models_and_every_model_fits_its_tier():
    cards = [c for name in CAPABILITIES for c in load_catalog().of(name) if c.is_hub]
    assert {c.tier for c in cards} == set(TIERS[1:])
    for one in cards:
        if one.tier in TIER_BYTES:
            assert one.parameters * 2 <= TIER_BYTES[one.tier] * BUDGET_SHARE, one.id


def test_a_folder_from_the_command_line_is_offered(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    models = named([("ner", folder)], public=False)
    assert load_catalog(models).find("ner", "local/mine").engine == "transformers"


def test_every_listed_hub_model_has_a_valid_id_and_an_engine_that_exists():
    import importlib

    from models.hub import check_id

    catalog = load_catalog()
    for name in CAPABILITIES:
        loaders = importlib.import_module(f"models.{name}").LOADERS
        for entry in catalog.of(name):
            assert entry.engine in loaders, entry.id
            assert entry.is_starter or check_id(entry.id) == entry.id
