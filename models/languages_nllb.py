"""Languages that NLLB-200 knows beside those of ``models.languages``, by their FLORES-200 codes.

English names of ISO 639-3; the code's second part is the script in ISO 15924, which is named where a
language has two.
"""

from __future__ import annotations

_TABLE = """
ace_Arab|Acehnese (Arabic script)
ace_Latn|Acehnese (Latin script)
acm_Arab|Mesopotamian Arabic
acq_Arab|Ta'izzi-Adeni Arabic
aeb_Arab|Tunisian Arabic
ajp_Arab|South Levantine Arabic
aka_Latn|Akan
apc_Arab|North Levantine Arabic
ars_Arab|Najdi Arabic
ary_Arab|Moroccan Arabic
arz_Arab|Egyptian Arabic
asm_Beng|Assamese
awa_Deva|Awadhi
ayr_Latn|Central Aymara
azb_Arab|South Azerbaijani
bam_Latn|Bambara
ban_Latn|Balinese
bem_Latn|Bemba
bho_Deva|Bhojpuri
bjn_Arab|Banjar (Arabic script)
bjn_Latn|Banjar (Latin script)
bod_Tibt|Tibetan
bug_Latn|Buginese
cjk_Latn|Chokwe
ckb_Arab|Central Kurdish
crh_Latn|Crimean Tatar
dik_Latn|Southwestern Dinka
dyu_Latn|Dyula
dzo_Tibt|Dzongkha
ewe_Latn|Ewe
fao_Latn|Faroese
fij_Latn|Fijian
fon_Latn|Fon
fur_Latn|Friulian
gaz_Latn|West Central Oromo
grn_Latn|Guarani
hne_Deva|Chhattisgarhi
kab_Latn|Kabyle
kac_Latn|Jingpho
kam_Latn|Kamba
kas_Arab|Kashmiri (Arabic script)
kas_Deva|Kashmiri (Devanagari)
kbp_Latn|Kabiyè
kea_Latn|Cape Verdean Creole
kik_Latn|Kikuyu
kin_Latn|Kinyarwanda
kir_Cyrl|Kyrgyz
kmb_Latn|Kimbundu
kmr_Latn|Northern Kurdish
knc_Arab|Central Kanuri (Arabic script)
knc_Latn|Central Kanuri (Latin script)
kon_Latn|Kongo
lij_Latn|Ligurian
lim_Latn|Limburgish
lmo_Latn|Lombard
ltg_Latn|Latgalian
lua_Latn|Luba-Lulua
luo_Latn|Luo
lus_Latn|Mizo
mag_Deva|Magahi
mai_Deva|Maithili
min_Latn|Minangkabau
mlt_Latn|Maltese
mni_Beng|Manipuri
mos_Latn|Mossi
mri_Latn|Maori
nno_Latn|Norwegian Nynorsk
nus_Latn|Nuer
nya_Latn|Nyanja
pag_Latn|Pangasinan
pap_Latn|Papiamento
prs_Arab|Dari
quy_Latn|Ayacucho Quechua
run_Latn|Rundi
sag_Latn|Sango
san_Deva|Sanskrit
sat_Beng|Santali
scn_Latn|Sicilian
shn_Mymr|Shan
smo_Latn|Samoan
sna_Latn|Shona
sot_Latn|Southern Sotho
srd_Latn|Sardinian
szl_Latn|Silesian
taq_Latn|Tamasheq (Latin script)
taq_Tfng|Tamasheq (Tifinagh)
tat_Cyrl|Tatar
tgk_Cyrl|Tajik
tir_Ethi|Tigrinya
tpi_Latn|Tok Pisin
tso_Latn|Tsonga
tuk_Latn|Turkmen
tum_Latn|Tumbuka
twi_Latn|Twi
tzm_Tfng|Central Atlas Tamazight
uig_Arab|Uyghur
umb_Latn|Umbundu
vec_Latn|Venetian
war_Latn|Waray
yue_Hant|Cantonese
zho_Hant|Chinese (traditional)
"""
#: FLORES-200 code -> English name. ``sat_Beng`` is what NLLB calls Santali, though it writes Ol Chiki.
NAMES = dict(row.split("|") for row in _TABLE.strip().splitlines())
