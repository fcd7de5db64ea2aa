"""The page's look: a theme of system fonts and the style sheets and scripts in ``assets/``."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).resolve().parents[2] / "assets"
STYLES = tuple(sorted((ASSETS / "css").glob("*.css")))
SCRIPTS = tuple(sorted((ASSETS / "js").glob("*.js")))
#: Those that run before gradio's own; see ``tabs.parts.page.Early``.
EARLY_SCRIPTS = tuple(sorted((ASSETS / "js" / "early").glob("*.js")))

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")
#: Deep teal: 5.5:1 against the light page, and lighter steps for the dark one.
_TEAL = gr.themes.Color(
    c50="#effaf7", c100="#d3f3ea", c200="#a6e5d6", c300="#6dd0bd", c400="#38b5a0", c500="#159a86",
    c600="#0b7a6b", c700="#0c6257", c800="#0e4e46", c900="#0f413b", c950="#052521",
)  # fmt: skip
_STONE = gr.themes.Color(
    c50="#faf9f6", c100="#f3f1ec", c200="#e6e2da", c300="#d2cdc2", c400="#a8a296", c500="#7b766b",
    c600="#5d584f", c700="#46423b", c800="#2b2925", c900="#1d1b18", c950="#131210",
)  # fmt: skip


def make_theme() -> gr.themes.Base:
    """Warm paper in the light, warm ink in the dark, teal for what can be pressed."""
    theme = gr.themes.Base(
        primary_hue=_TEAL,
        secondary_hue=_TEAL,
        neutral_hue=_STONE,
        font=_SANS,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_md,
        spacing_size=gr.themes.sizes.spacing_md,
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        panel_background_fill="*background_fill_primary",  # the login, which gradio frames in it
        panel_background_fill_dark="*background_fill_primary",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_shadow="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        input_border_width="1px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_950",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
    )


#: Colours of a recording's waveform: grey where it is still to be played, teal where it was.
WAVEFORM = gr.WaveformOptions(
    waveform_color=_STONE.c400, waveform_progress_color=_TEAL.c600, sample_rate=48_000
)
