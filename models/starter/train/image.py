"""Trains the starter text-to-image model: `python -m models.starter.train.image`.

Three stages, each resumable after a cut-off: the autoencoder, a bank of latents of
every drawing in many placings and colours, and the text-conditioned UNet. Needs npm
for the drawings and resvg-py 0.5.0 to rasterise those that are vectors. Work lies in
`~/.cache/modeldeck/train/image`; the result in `models/starter/weights/image`.
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.starter.train import image_autoencoder as autoencoder
from models.starter.train.image_corpus import (
    WORK,
    Concept,
    Drawing,
    load_drawings,
    read_concepts,
    split,
)
from models.starter.train.image_diffusion import Bank, Plan, Training, export
from models.starter.train.image_examples import variants
from models.starter.train.image_networks import Sizes

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parents[1] / "weights" / "image"
PLAIN, COLOURED = 12, 2  # placings of a drawing as it is, and in each colour word's colour
SEED = 0


def trained_autoencoder(drawings: list[Drawing], minutes: float) -> "AutoencoderKL":
    """Train the autoencoder, or load the finished one."""
    from diffusers import AutoencoderKL

    folder = WORK / "vae"
    if not folder.exists():
        autoencoder.train(drawings, WORK / "autoencoder.pt", minutes).save_pretrained(folder)
    vae: AutoencoderKL = AutoencoderKL.from_pretrained(folder)
    return vae.eval()


def latent_bank(vae: "AutoencoderKL", concepts: list[Concept], drawings: list[Drawing]) -> Bank:
    """Encode every variant of every drawing, or load the bank made before."""
    path = WORK / "bank.pt"
    if not path.exists():
        autoencoder.save(vars(make_bank(vae, concepts, drawings)), path)
    return Bank(**torch.load(path))


def make_bank(vae: "AutoencoderKL", concepts: list[Concept], drawings: list[Drawing]) -> Bank:
    """Place, recolour and encode the drawings, filed by concept."""
    bank = Bank(torch.empty(0), [[] for _ in concepts], [[] for _ in concepts])
    parts, row = [], 0
    for number, drawing in enumerate(drawings):
        made = variants(drawing, concepts[drawing.concept], PLAIN, COLOURED, SEED)
        parts.append(autoencoder.encode(vae, np.stack([m.picture for m in made])))
        for example in made:
            if example.colour:
                bank.coloured[example.concept].append((row, example.colour))
            else:
                bank.plain[example.concept].append(row)
            row += 1
        if number % 100 == 99:
            log.info("encoded %d of %d drawings, %d latents", number + 1, len(drawings), row)
    bank.latents = torch.cat(parts)
    return bank


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--autoencoder-minutes", type=float, default=12)
    parser.add_argument("--steps", type=int, default=6000, help="UNet steps in all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--export-every",
        type=int,
        default=1000,
        help="steps between copies into the weights folder",
    )
    return parser.parse_args()


def main() -> None:
    """Run the stages that are not done yet."""
    args = parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(args.threads)
    concepts = read_concepts()
    drawings, _ = split(load_drawings(concepts))
    vae = trained_autoencoder(drawings, args.autoencoder_minutes)
    training = Training(
        concepts, latent_bank(vae, concepts, drawings), Sizes(), WORK / "diffusion.pt"
    )
    plan = Plan(steps=args.steps)
    done = False
    while not done:
        training.run(plan, until=(training.step // args.export_every + 1) * args.export_every)
        export(training, vae, WEIGHTS)
        log.info("wrote %s after step %d", WEIGHTS, training.step)
        done = training.step >= plan.steps


if __name__ == "__main__":
    main()
