"""Facts about the recipe of the starter text-to-image model, on tiny networks and made-up drawings."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models.starter.train import image_autoencoder
from models.starter.train.image_colours import COLOURS, colour_name, main_hue, recolour, to_hsv
from models.starter.train.image_corpus import (
    PACKAGES,
    Concept,
    Drawing,
    Rgba,
    code_point,
    read_concepts,
    split,
)
from models.starter.train.image_diffusion import Bank, Plan, Training, export
from models.starter.train.image_examples import can_recolour, caption, place, variants, with_article
from models.starter.train.image_networks import TOKENS, Sizes, build_tokenizer, token_ids

CONCEPTS = [
    Concept("car", ("🚗",)),
    Concept("pine tree", ("🌲",)),
    Concept("rainbow", ("🌈",), fixed=True),
]


def disc(rgb: tuple[int, int, int]) -> Rgba:
    """A filled circle on a transparent ground."""
    y, x = np.mgrid[:64, :64]
    inside = (x - 31.5) ** 2 + (y - 31.5) ** 2 < 28**2
    return np.dstack([np.full((64, 64), c) for c in rgb] + [inside * 255]).astype(np.uint8)


def drawing(concept: int = 0, *, judge: bool = False) -> Drawing:
    package = next(p for p in PACKAGES if p.judge is judge)
    return Drawing(concept, package, CONCEPTS[concept].emoji[0], disc((220, 30, 40)))


@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_recolouring_makes_the_colour_word_true(colour: str) -> None:
    painted = recolour(disc((220, 30, 40)), colour)
    assert main_hue(painted)[1] > 0.9
    hue = to_hsv(painted[32, 32, :3].astype(np.float32) / np.float32(255))[0]
    said = {"brown": "orange"}.get(colour, colour)  # brown is a dark orange
    assert colour_name(float(hue)) == said


def test_recolouring_leaves_grey_parts_and_the_shape_alone() -> None:
    pixels = disc((220, 30, 40))
    pixels[:32, :, :3] = 90
    painted = recolour(pixels, "blue")
    assert np.array_equal(painted[:32], pixels[:32])
    assert np.array_equal(painted[..., 3], pixels[..., 3])


def test_a_drawing_without_a_main_colour_is_not_recoloured() -> None:
    grey = Drawing(0, PACKAGES[0], "🚗", disc((128, 128, 128)))
    assert not can_recolour(grey, CONCEPTS[0])
    assert not can_recolour(drawing(2), CONCEPTS[2])  # a blue rainbow would be a lie
    assert {e.colour for e in variants(grey, CONCEPTS[0], 2, 1, seed=0)} == {None}


def test_variants_carry_each_colour_word_and_repeat_by_seed() -> None:
    once, again = (variants(drawing(), CONCEPTS[0], plain=3, coloured=2, seed=7) for _ in range(2))
    assert [e.colour for e in once] == [None] * 3 + [c for c in COLOURS for _ in range(2)]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(once, again, strict=True))


def test_placed_drawing_lies_on_white() -> None:
    picture = place(disc((0, 0, 255)), random.Random(0))
    assert picture.shape == (64, 64, 3)
    assert (picture[0, 0] == 255).all()
    assert picture[32, 32].tolist() == [0, 0, 255]


def test_captions_name_the_colour_only_when_there_is_one() -> None:
    rng = random.Random(0)
    with_colour = [caption("pine tree", "blue", rng) for _ in range(50)]
    without = [caption("pine tree", None, rng) for _ in range(50)]
    assert all("blue" in c and "pine" in c and "tree" in c for c in with_colour)
    assert not any(colour in c.split() for c in without for colour in COLOURS)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("cat", "a cat"),
        ("apple", "an apple"),
        ("unicorn", "a unicorn"),
        ("scissors", "scissors"),
        ("orange car", "an orange car"),
    ],
)
def test_article_fits_the_phrase(phrase: str, said: str) -> None:
    assert with_article(phrase) == said


def test_no_package_draws_for_both_generator_and_judge() -> None:
    ours, theirs = split([drawing(), drawing(1, judge=True)])
    assert {d.package for d in ours}.isdisjoint({d.package for d in theirs})
    assert len(ours) == len(theirs) == 1
    names = {p.name for p in PACKAGES if p.judge}
    assert names.isdisjoint({p.name for p in PACKAGES if not p.judge})


def test_share_alike_drawings_never_train_the_generator() -> None:
    assert all("SA" not in p.licence for p in PACKAGES if not p.judge)


def test_concepts_are_many_and_each_word_and_emoji_is_used_once() -> None:
    concepts = read_concepts()
    emoji = [code_point(e) for c in concepts for e in c.emoji]
    assert len(concepts) >= 100
    assert len({c.word for c in concepts}) == len(concepts)
    assert len(set(emoji)) == len(emoji)


@pytest.mark.parametrize(
    ("name", "key"),
    [("✈️", "2708"), ("2708-FE0F", "2708"), ("0023-fe0f-20e3", "23-20e3"), ("🐈", "1f408")],
)
def test_emoji_and_file_names_are_spelled_alike(name: str, key: str) -> None:
    assert code_point(name) == key


def test_known_words_are_one_token_and_unknown_ones_fall_to_pieces() -> None:
    tokenizer = build_tokenizer(CONCEPTS)
    assert tokenizer.tokenize("a blue Pine tree") == ["a</w>", "blue</w>", "pine</w>", "tree</w>"]
    pieces = tokenizer.tokenize("xylophone 🦩 über")
    assert len(pieces) > 3
    assert tokenizer.unk_token_id not in tokenizer.convert_tokens_to_ids(pieces)


@pytest.mark.parametrize("text", ["", "a car", "word " * 100, "🦩🦩", "سيارة", "<script>"])
def test_any_prompt_gives_a_full_row_of_known_ids(text: str) -> None:
    tokenizer = build_tokenizer(CONCEPTS)
    ids = token_ids(tokenizer, [text])
    assert ids.shape == (1, TOKENS)
    assert int(ids.max()) < len(tokenizer)
    assert ids[0, 0] == tokenizer.bos_token_id
    assert tokenizer.eos_token_id in ids[0]


def test_tokenizer_survives_saving(tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    tokenizer = build_tokenizer(CONCEPTS)
    tokenizer.save_pretrained(tmp_path)
    loaded = CLIPTokenizer.from_pretrained(tmp_path)
    text = "an unheard-of green car 🦩"
    assert loaded(text).input_ids == tokenizer(text).input_ids
    assert loaded.model_max_length == TOKENS


TINY = Sizes(text=16, text_layers=1, unet=(16, 32), attention=(False, True), groups=8, latent=8)
PLAN = Plan(steps=4, batch=4, warmup=2, save_every=100)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks are slower on many threads, far slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny_training(checkpoint: Path) -> Training:
    latents = torch.randn(6, 4, 8, 8, generator=torch.Generator().manual_seed(0)).half()
    bank = Bank(latents, plain=[[0, 1], [2], [3]], coloured=[[(4, "red"), (5, "blue")], [], []])
    return Training(CONCEPTS, bank, TINY, checkpoint)


def test_cut_off_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = tiny_training(tmp_path / "whole.pt")
    whole.run(PLAN, until=2)
    cut = tiny_training(tmp_path / "cut.pt")
    cut.run(PLAN, until=1)
    resumed = tiny_training(tmp_path / "cut.pt")
    assert resumed.step == 1
    resumed.run(PLAN, until=2)
    for part in ("networks", "average"):
        pairs = zip(
            getattr(whole, part).parameters(), getattr(resumed, part).parameters(), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs)


def test_captions_of_a_batch_fit_its_rows() -> None:
    bank = Bank(
        torch.arange(6).view(6, 1, 1, 1).half(), [[0], [1], [2]], [[(3, "red")], [(4, "blue")], []]
    )
    rows, texts = bank.batch(CONCEPTS, 200, random.Random(0))
    said = {0: "car", 1: "pine", 2: "rainbow", 3: "red", 4: "blue"}
    pairs = list(zip(rows.flatten().int().tolist(), texts, strict=True))
    assert all(said[row] in text.split() for row, text in pairs if text)
    assert 5 < sum(not text for text in texts) < 45


def test_exported_folder_draws_with_diffusers_defaults(tmp_path: Path) -> None:
    from diffusers import StableDiffusionPipeline

    training = tiny_training(tmp_path / "tiny.pt")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "card.json").write_text("{}")
    export(training, image_autoencoder.build(), tmp_path / "weights")
    assert (tmp_path / "weights" / "card.json").exists()
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "weights", safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    for prompt in ("a red car", "", "an unheard-of 🦩 " * 20):
        assert pipeline(prompt, num_inference_steps=2).images[0].size == (32, 32)
