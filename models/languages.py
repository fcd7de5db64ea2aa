"""Languages: ISO codes, names for people, NLLB's codes, and which pairs a model can translate.

Plain tables and values. The list is M2M100's hundred languages and three more; what NLLB knows
besides is in ``models.languages_nllb``, and a code in neither is shown as it is. Sources: ISO 639-1
and 639-3 names, and the FLORES-200 codes that NLLB uses.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import InputError
from models.languages_nllb import NAMES

_TABLE = """
af|Afrikaans|afr_Latn
am|Amharic|amh_Ethi
ar|Arabic|arb_Arab
ast|Asturian|ast_Latn
az|Azerbaijani|azj_Latn
ba|Bashkir|bak_Cyrl
be|Belarusian|bel_Cyrl
bg|Bulgarian|bul_Cyrl
bn|Bengali|ben_Beng
br|Breton|
bs|Bosnian|bos_Latn
ca|Catalan|cat_Latn
ceb|Cebuano|ceb_Latn
cs|Czech|ces_Latn
cy|Welsh|cym_Latn
da|Danish|dan_Latn
de|German|deu_Latn
el|Greek|ell_Grek
en|English|eng_Latn
eo|Esperanto|epo_Latn
es|Spanish|spa_Latn
et|Estonian|est_Latn
eu|Basque|eus_Latn
fa|Persian|pes_Arab
ff|Fulah|fuv_Latn
fi|Finnish|fin_Latn
fr|French|fra_Latn
fy|Western Frisian|
ga|Irish|gle_Latn
gd|Scottish Gaelic|gla_Latn
gl|Galician|glg_Latn
gu|Gujarati|guj_Gujr
ha|Hausa|hau_Latn
he|Hebrew|heb_Hebr
hi|Hindi|hin_Deva
hr|Croatian|hrv_Latn
ht|Haitian Creole|hat_Latn
hu|Hungarian|hun_Latn
hy|Armenian|hye_Armn
id|Indonesian|ind_Latn
ig|Igbo|ibo_Latn
ilo|Ilocano|ilo_Latn
is|Icelandic|isl_Latn
it|Italian|ita_Latn
ja|Japanese|jpn_Jpan
jv|Javanese|jav_Latn
ka|Georgian|kat_Geor
kk|Kazakh|kaz_Cyrl
km|Khmer|khm_Khmr
kn|Kannada|kan_Knda
ko|Korean|kor_Hang
lb|Luxembourgish|ltz_Latn
lg|Ganda|lug_Latn
ln|Lingala|lin_Latn
lo|Lao|lao_Laoo
lt|Lithuanian|lit_Latn
lv|Latvian|lvs_Latn
mg|Malagasy|plt_Latn
mk|Macedonian|mkd_Cyrl
ml|Malayalam|mal_Mlym
mn|Mongolian|khk_Cyrl
mr|Marathi|mar_Deva
ms|Malay|zsm_Latn
my|Burmese|mya_Mymr
ne|Nepali|npi_Deva
nl|Dutch|nld_Latn
no|Norwegian|nob_Latn
ns|Northern Sotho|nso_Latn
oc|Occitan|oci_Latn
or|Odia|ory_Orya
pa|Punjabi|pan_Guru
pl|Polish|pol_Latn
ps|Pashto|pbt_Arab
pt|Portuguese|por_Latn
ro|Romanian|ron_Latn
ru|Russian|rus_Cyrl
sd|Sindhi|snd_Arab
si|Sinhala|sin_Sinh
sk|Slovak|slk_Latn
sl|Slovenian|slv_Latn
so|Somali|som_Latn
sq|Albanian|als_Latn
sr|Serbian|srp_Cyrl
ss|Swati|ssw_Latn
su|Sundanese|sun_Latn
sv|Swedish|swe_Latn
sw|Swahili|swh_Latn
ta|Tamil|tam_Taml
te|Telugu|tel_Telu
th|Thai|tha_Thai
tl|Tagalog|tgl_Latn
tn|Tswana|tsn_Latn
tr|Turkish|tur_Latn
uk|Ukrainian|ukr_Cyrl
ur|Urdu|urd_Arab
uz|Uzbek|uzn_Latn
vi|Vietnamese|vie_Latn
wo|Wolof|wol_Latn
xh|Xhosa|xho_Latn
yi|Yiddish|ydd_Hebr
yo|Yoruba|yor_Latn
zh|Chinese|zho_Hans
zu|Zulu|zul_Latn
"""
#: ISO code -> (English name, NLLB code; empty where NLLB does not know it).
LANGUAGES: dict[str, tuple[str, str]] = {
    code: (name, nllb)
    for code, name, nllb in (row.split("|") for row in _TABLE.strip().splitlines())
}
#: Engine -> the languages that every model of its family knows, whatever its card lists.
FAMILIES: dict[str, tuple[str, ...]] = {
    "m2m100": tuple(code for code in LANGUAGES if code not in ("eo", "eu", "te")),
    "nllb": (*(code for code, (_, nllb) in LANGUAGES.items() if nllb), *NAMES),
}
#: Which language a choice starts with, where there are many.
_COMMON = ("en", "pt", "es", "fr", "de", "zh", "ar", "hi", "ja", "ru", "it")
#: Languages that are written from right to left.
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ps", "sd", "ug", "ur", "yi", "dv", "ckb"))


def language_name(code: str) -> str:
    """The English name of an ISO or NLLB code; the code itself when it is in neither table."""
    iso = iso_code(code)
    return LANGUAGES[iso][0] if iso in LANGUAGES else NAMES.get(code, code)


def iso_code(code: str) -> str:
    """The code of our table for NLLB's or a three-letter one; the code itself when not known."""
    if code in LANGUAGES:
        return code
    return _FROM_NLLB.get(code) or _FROM_THREE.get(code, code)


def language_code(text: str) -> str:
    """The code for what a person wrote: a code or an English name in any case; else the text itself."""
    wanted = text.strip()
    by_name = {code.casefold(): code for code in (*NAMES, *_FROM_NLLB, *LANGUAGES)}
    by_name |= {name.casefold(): code for code, name in NAMES.items()}
    by_name |= {name.casefold(): iso for iso, (name, _) in LANGUAGES.items()}
    return by_name.get(wanted.casefold(), wanted)


def nllb_code(code: str) -> str:
    """NLLB's code of an ISO code; the code itself when it is not known."""
    found = LANGUAGES.get(code)
    return found[1] if found and found[1] else code


def direction(code: str) -> str:
    """``rtl`` or ``ltr``: how a language is written."""
    return "rtl" if iso_code(code) in _RIGHT_TO_LEFT or code.endswith(("_Arab", "_Hebr")) else "ltr"


_FROM_NLLB = {nllb: iso for iso, (_, nllb) in LANGUAGES.items() if nllb}
_FROM_THREE = {nllb[:3]: iso for nllb, iso in _FROM_NLLB.items()} | dict(
    row.split("|")
    for row in (
        "ara|ar", "aze|az", "est|et", "fas|fa", "lav|lv", "mlg|mg", "mon|mn", "msa|ms", "nep|ne",
        "nor|no", "ori|or", "pus|ps", "sqi|sq", "swa|sw", "uzb|uz", "yid|yi",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """What a model can translate.

    Attributes:
        groups: each says that every one of its sources goes into every one of its targets, save
            itself.
    """

    groups: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    @classmethod
    def listed(cls, pairs: list[str]) -> Pairs:
        """From texts such as ``en-pt``."""
        return cls(tuple(((a,), (b,)) for a, _, b in (pair.partition("-") for pair in pairs)))

    @classmethod
    def among(cls, languages: tuple[str, ...]) -> Pairs:
        """Every language into every other."""
        return cls(((languages, languages),))

    @property
    def sources(self) -> tuple[str, ...]:
        """Languages that can be translated from, in the model's order."""
        return tuple(dict.fromkeys(code for sources, _ in self.groups for code in sources))

    def targets(self, source: str) -> tuple[str, ...]:
        """Languages that ``source`` can be translated into; that any can when it is empty."""
        found = (code for sources, to in self.groups if source in ("", *sources) for code in to)
        return tuple(code for code in dict.fromkeys(found) if code != source)

    def leads_back(self, source: str, target: str) -> bool:
        """Whether a translation can go back: into ``source``, or into any language when it is empty."""
        back = self.targets(target) if target in self.sources else ()
        return source in back if source else bool(back)

    def choose(self, source: str, target: str) -> tuple[str, str]:
        """The pair, with what was left empty filled in.

        Args:
            source: a code, or empty for the first one that fits.
            target: a code, or empty for the first one that fits.

        Raises:
            InputError: when the model can't do the pair, with what it can do.
        """
        chosen = source or self._first_source(target)
        possible = self.targets(chosen)
        if not possible:
            raise InputError(
                f"This model can't translate from {language_name(chosen)} ({chosen}).",
                hint=f"It reads {_names(self.sources)}.",
            )
        if target and target not in possible:
            raise InputError(
                f"This model can't translate from {language_name(chosen)} into "
                f"{language_name(target)} ({target}).",
                hint=f"From {language_name(chosen)} it writes {_names(possible)}.",
            )
        return chosen, target or _first(possible)

    def _first_source(self, target: str) -> str:
        fitting = [code for code in self.sources if not target or target in self.targets(code)]
        return _first(tuple(fitting) or self.sources)


def _first(codes: tuple[str, ...]) -> str:
    return next((code for code in _COMMON if code in codes), codes[0])


def _names(codes: tuple[str, ...]) -> str:
    named = [f"{language_name(code)} ({code})" for code in codes[:8]]
    more = [f"and {len(codes) - 8} more"] if len(codes) > 8 else []
    return ", ".join([*named, *more])
