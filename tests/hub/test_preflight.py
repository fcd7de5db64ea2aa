"""The verdict on a model before its weights: task, formats, size, licence, gating."""

from __future__ import annotations

import pytest

from models.errors import ModelGated, ModelUnsupported, NoRoom
from models.hub.facts import HubFacts, HubFile
from models.hub.files import choose
from models.hub.preflight import Room, judge

ROOM = Room(disk_free=10**12, budget_bytes=10**11, dtype="float32")
BERT = ("BertForSequenceClassification",)


def files(*names, size=1000):
    return tuple(HubFile(name, size, "0" * 40, large=True) for name in names)


def facts(*names, **more):
    return HubFacts("org/x", more.pop("asked", "org/x"), "c" * 40, files=files(*names), **more)


def plain(**more):
    more = {"task": "text-classification", "architectures": BERT, "licence": "mit", **more}
    return facts("config.json", "model.safetensors", "tokenizer.json", **more)


def verdict(found, capability="sentiment", patterns=(), room=ROOM, here=frozenset()):
    return judge(found, capability, patterns, room, here)


def test_a_fitting_model_has_no_problem_and_its_sizes_are_told():
    found = verdict(plain(weights={"F16": 1_000_000, "I64": 10}))
    assert found.problem is None
    assert (found.missing_bytes, found.memory_bytes) == (3000, 4_000_080)
    assert verdict(plain(), here=frozenset({"model.safetensors"})).missing_bytes == 2000


@pytest.mark.parametrize(
    ("capability", "task", "architecture"),
    [
        ("sentiment", "token-classification", "BertForTokenClassification"),
        ("ner", "text-classification", "BertForSequenceClassification"),
        ("question_answering", "fill-mask", "BertForMaskedLM"),
        (
            "summarization",
            "automatic-speech-recognition",
            "WhisperForConditionalGeneration",
        ),
        ("summarization", "fill-mask", "BertForMaskedLM"),
        ("translation", "summarization", "BartForConditionalGeneration"),
        ("text_to_speech", "text-to-speech", "XttsModel"),
        ("speech_to_text", "text-generation", "LlamaForCausalLM"),
        ("image_generation", "text-classification", "BertForSequenceClassification"),
    ],
)
def test_a_model_of_another_task_is_refused_with_where_it_belongs(capability, task, architecture):
    found = verdict(plain(task=task, architectures=(architecture,)), capability)
    assert isinstance(found.problem, ModelUnsupported)
    assert capability.replace("_", " ") in found.problem.message
    assert found.problem.hint


def test_a_classifier_that_tells_no_entailment_is_refused_by_its_classes():
    moods = verdict(plain(classes=("negative", "positive")), "zero_shot").problem
    assert isinstance(moods, ModelUnsupported)
    assert "negative, positive" in moods.message
    assert "zero-shot-classification" in moods.hint
    for classes in ((), ("contradiction", "neutral", "entailment")):
        assert verdict(plain(classes=classes), "zero_shot").problem is None
    assert verdict(plain(classes=("negative", "positive"))).problem is None


@pytest.mark.parametrize(
    ("capability", "architecture"),
    [
        ("ner", "DebertaV2ForTokenClassification"),
        ("question_answering", "RobertaForQuestionAnswering"),
        ("summarization", "PegasusForConditionalGeneration"),
        ("summarization", "Qwen2ForCausalLM"),
        ("translation", "MarianMTModel"),
        ("translation", "M2M100ForConditionalGeneration"),
        ("text_to_speech", "BarkModel"),
        ("text_to_speech", "VitsModel"),
        ("speech_to_text", "WhisperForConditionalGeneration"),
        ("speech_to_text", "Wav2Vec2ForCTC"),
        ("tokenizer", "AnythingAtAll"),
    ],
)
def test_models_of_each_capability_pass(capability, architecture):
    assert verdict(plain(task="", architectures=(architecture,)), capability).problem is None


def test_a_diffusers_folder_is_for_images_and_a_single_file_is_not():
    parts = facts("model_index.json", "unet/model.safetensors", task="text-to-image")
    assert verdict(parts, "image_generation").problem is None
    single = verdict(facts("all.safetensors", task="text-to-image"), "image_generation").problem
    assert "not in diffusers' folder layout" in single.message
    pickled = facts("model_index.json", "unet/pytorch_model.bin", task="text-to-image")
    assert "pickled" in verdict(pickled, "image_generation").problem.message


@pytest.mark.parametrize(
    ("name", "word"),
    [("model.gguf", "GGUF"), ("onnx/model.onnx", "ONNX"), ("model.pth", "pickled"),
     ("model.ckpt", "checkpoint"), ("README.md", "no safetensors")],
)  # fmt: skip
def test_weights_of_another_kind_are_named(name, word):
    found = verdict(facts("config.json", name, architectures=BERT))
    assert word in found.problem.message


def test_a_tokenizer_needs_no_weights_and_weights_are_no_tokenizer():
    assert (
        verdict(facts("tokenizer.json"), "tokenizer", ("tokenizer*", "config.json")).problem is None
    )
    found = verdict(
        facts("config.json", "x.safetensors"), "tokenizer", ("tokenizer*", "config.json")
    )
    assert "no tokenizer" in found.problem.message


def test_too_little_disk_or_memory_is_said_in_numbers():
    small_disk = Room(disk_free=500_002_000, budget_bytes=0, dtype="float32")
    assert "needs 3 kB of disk; 500 MB are free" in str(verdict(plain(), room=small_disk).problem)
    big = plain(weights={"BF16": 8 * 10**9})
    found = verdict(big, room=Room(10**13, 16 * 10**9, "float32")).problem
    assert isinstance(found, NoRoom)
    assert "about 32.0 GB of memory in float32; models may use 16.0 GB" in found.message
    assert verdict(big, room=Room(10**13, 17 * 10**9, "bfloat16")).problem is None


def test_a_file_that_the_hub_sends_over_xet_only_is_refused_in_advance():
    large = HubFile("model.safetensors", 50_000_000_001, "0" * 64, large=True)
    most = HubFile("model.safetensors", 50_000_000_000, "0" * 64, large=True)
    config = HubFile("config.json", 100, "0" * 40, large=False)

    def judged(file, here=frozenset()):
        found = HubFacts("org/x", "org/x", "c" * 40, architectures=BERT, files=(config, file))
        return judge(found, "sentiment", (), Room(10**12, 10**12, "float32"), here).problem

    refused = judged(large)
    assert isinstance(refused, ModelUnsupported)
    assert "model.safetensors of org/x has 50.0 GB; the Hub sends files up to" in refused.message
    assert "hf download org/x" in refused.hint
    assert judged(most) is None
    assert judged(large, here=frozenset({"model.safetensors"})) is None  # fetched by other means


def test_a_gated_model_says_where_its_terms_are():
    found = verdict(plain(gated=True, readable=False)).problem
    assert isinstance(found, ModelGated)
    assert "/org/x" in found.hint
    assert "Gated; its terms are accepted." in verdict(plain(gated=True)).remarks


def test_what_a_person_should_know_is_remarked():
    found = verdict(plain(asked="org/old", own_code=True, licence="unknown")).remarks
    assert found == (
        "org/old is now org/x.",
        "It brings code of its own, which is never run.",
        "Its owner states no licence.",
    )
    pickled = facts("config.json", "pytorch_model.bin", architectures=BERT, licence="mit")
    assert "pickled" in verdict(pickled).remarks[0]


def names(*given, patterns=()):
    return {file.name for file in choose(files(*given), patterns)}


def test_safetensors_are_chosen_and_other_formats_left_alone():
    assert names(
        "model.safetensors", "pytorch_model.bin", "tf_model.h5", "config.json", "onnx/model.onnx",
        "tokenizer.json", "model.fp16.safetensors", "run.py", "training_args.bin",
    ) == {"model.safetensors", "config.json", "tokenizer.json"}  # fmt: skip


def test_pickled_weights_are_taken_only_where_there_is_nothing_else():
    assert names("pytorch_model.bin", "config.json", "optimizer.bin", "training_args.bin") == {
        "pytorch_model.bin",
        "config.json",
    }


def test_a_diffusers_folder_leaves_single_file_checkpoints_out():
    given = ("model_index.json", "unet/model.safetensors", "all-in-one.safetensors")
    assert names(*given) == {"model_index.json", "unet/model.safetensors"}


def test_an_engine_with_files_of_its_own_gets_those_or_a_refusal():
    assert names("model.bin", "config.json", "x.txt", patterns=("model.bin", "config.json")) == {
        "model.bin",
        "config.json",
    }
    with pytest.raises(ModelUnsupported, match=r"none of the files model\.bin"):
        names("README.md", patterns=("model.bin",))
