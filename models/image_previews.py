"""Pictures of an unfinished image: what the model believes it will be, after a few steps.

Two parts. ``believed`` undoes the noise: two neighbouring points on the sampler's path give the clean
latents, since both mix the same picture and noise in known shares. ``Painter`` turns latents into RGB:
a small decoder runs as it is; for a large one a linear map is fitted to that model's own autoencoder
on a colour chart, so that no table of published factors is needed and any latent space works.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

#: Decoders up to this many parameters are run for each preview.
SMALL_DECODER = 10_000_000
#: Side of the colour chart that the linear map is fitted on, in latents.
CHART_SIDE = 24
#: Longest side of a preview, in pixels.
PREVIEW_PIXELS = 512


def shares(scheduler: Any, index: int) -> tuple[float, float]:
    """Shares (of the picture, of the noise) in the latents before step ``index``.

    Flow matching mixes ``(1 - s) x + s n`` (Lipman et al. 2023); variance-preserving samplers
    ``sqrt(a) x + sqrt(1 - a) n`` (Ho et al. 2020); k-diffusion samplers ``x + s n`` (Karras 2022).
    """
    if not hasattr(scheduler, "alphas_cumprod"):
        sigma = float(scheduler.sigmas[index])
        return 1 - sigma, sigma
    if float(scheduler.init_noise_sigma) > 1:
        return 1.0, float(scheduler.sigmas[index])
    alpha = float(scheduler.alphas_cumprod[int(scheduler.timesteps[index])])
    return alpha**0.5, (1 - alpha) ** 0.5


def believed(scheduler: Any, index: int, before: Any, after: Any) -> Any | None:
    """The clean latents that step ``index`` aimed at.

    Exact for first-order deterministic samplers, a good guess for others.

    Args:
        scheduler: of this run, its timesteps set.
        index: the step just done.
        before: latents before it.
        after: latents after it.

    Returns:
        A tensor of the same shape, or None after the last step and where the shares do not say.
    """
    if index + 1 >= len(scheduler.timesteps):
        return None
    picture, noise = shares(scheduler, index)
    next_picture, next_noise = shares(scheduler, index + 1)
    scale = next_noise * picture - noise * next_picture
    if abs(scale) < 1e-6:
        return None
    return (next_noise * before.float() - noise * after.float()) / scale


class Painter:
    """Turns a pipeline's latents into a small RGB image.

    Args:
        pipe: a diffusers pipeline with an ``AutoencoderKL``.
        away: its parts are about to leave for offloading: everything that needs the autoencoder
            is done now, since a preview must not swap it with the denoiser in every step.
    """

    def __init__(self, pipe: Any, *, away: bool = False) -> None:
        self._pipe = pipe
        size = sum(p.numel() for p in pipe.vae.parameters())
        self.exact = size <= SMALL_DECODER and not away
        self._map: Any = fit(pipe.vae) if away else None

    def paint(self, latents: Any, width: int, height: int) -> Image.Image:
        """A preview of the first image of a batch.

        Args:
            latents: (1, channels, h, w), or FLUX's packed (1, tokens, 4 * channels).
            width: pixels of the image to be.
            height: pixels of the image to be.

        Returns:
            RGB, ``width`` x ``height`` shrunk to at most ``PREVIEW_PIXELS``.
        """
        import torch

        pipe = self._pipe
        with torch.inference_mode():
            if latents.ndim == 3:
                latents = pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)
            pixels = self._decoded(latents) if self.exact else self._mapped(latents)
        shrink = min(1.0, PREVIEW_PIXELS / max(width, height))
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        return _image(pixels).resize(size, Image.Resampling.BILINEAR)

    def _decoded(self, latents: Any) -> Any:
        vae = self._pipe.vae
        shift = vae.config.get("shift_factor") or 0.0
        ready = latents.to(vae.dtype).to(vae.device) / vae.config.scaling_factor + shift
        return vae.decode(ready, return_dict=False)[0][0]

    def _mapped(self, latents: Any) -> Any:
        import torch

        if self._map is None:
            self._map = fit(self._pipe.vae)
        flat = latents[0].float().cpu().flatten(1).T  # (h * w, channels)
        flat = torch.cat([flat, torch.ones(len(flat), 1)], 1)
        return (flat @ self._map).T.reshape(3, *latents.shape[-2:])


def fit(vae: Any) -> Any:
    """The linear map from latents to RGB that suits an autoencoder best: (channels + 1, 3).

    Least squares between a chart of colours and its encoding, one row per latent and one for the
    constant; RGB in [-1, 1].
    """
    import torch
    from torch.nn import functional

    cells = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    widths = vae.config.get("block_out_channels") or vae.config.get("encoder_block_out_channels")
    factor = 2 ** (len(widths) - 1)
    small = functional.interpolate(cells, CHART_SIDE, mode="bilinear")
    chart = functional.interpolate(small, CHART_SIDE * factor, mode="bilinear")
    with torch.inference_mode():
        encoded = vae.encode(chart.to(vae.dtype).to(vae.device))
    # Sana's autoencoder gives latents, the others a distribution over them
    moments = encoded.latent if hasattr(encoded, "latent") else encoded.latent_dist.mode()
    shift = vae.config.get("shift_factor") or 0.0
    latents = (moments.float().cpu() - shift) * vae.config.scaling_factor
    known = latents[0].flatten(1).T
    known = torch.cat([known, torch.ones(len(known), 1)], 1)
    return torch.linalg.lstsq(known, small[0].flatten(1).T).solution


def _image(pixels: Any) -> Image.Image:
    """(3, h, w) in [-1, 1] as an image."""
    scaled = ((pixels.float() / 2 + 0.5).clamp(0, 1) * 255).round().byte()
    return Image.fromarray(scaled.permute(1, 2, 0).cpu().contiguous().numpy())
