"""The commonest small words of languages in Latin script, and the letters that each adds to the English ones.

Most of the words no other language has; ``HOLDERS`` tells. What of English stands here beyond its small
words is what looks like a small word elsewhere: ``die`` and ``war``, and the ends of ``it's`` and ``don't``.
"""

from __future__ import annotations

import re
from collections import defaultdict

#: A language's ISO code, its letters or ``-``, and its words.
_TABLE = """
en: -
  the of and to in is that it was for on with as are this be at by have not he she they you from or a i
  an we his her him my me your our their its were been has had do does did will would can could should
  may might must no so if but what which who when where how why there here then than them these those
  all any some more most much many very just only also too out up down over into about after before one
  two first time year people man men day said say says get got go going come make made take like good new
  know think see want because through between under again off both own same such few other now us am
  let day way back even well never always still every each while being per son war die please thank d ll m
  re s t ve don isn al
pt: áâãàçéêíóôõú
  o a os as de do da dos das em no na nos nas um uma uns umas que não e é com para por se mais ao aos à
  às são você vocês ele ela eles elas foi eu me meu minha seu sua seus suas isso isto este esta esse essa
  mas ou como quando onde quem qual porque muito muita muitos também já só até sem sobre entre depois
  antes ser ter tem têm há está estão estava era foram vai vou fazer faz pode tudo nada bem hoje ontem
  amanhã agora aqui ainda nunca sempre pelo pela pelos pelas num numa lhe nós
es: áéíñóúü
  el la los las de del en un una unos unas que no y e es con para por se más al lo su sus como pero son
  está están fue fueron muy yo tú él ella ellos nosotros me te mi mis tu nos le les este esta esto estos
  ese esa eso o si sí ya cuando donde dónde quien quién cuál qué porque mucho mucha muchos también hay
  ser era soy eres tengo tiene tienen ha han había hacer hace puede todo todos nada bien hoy ayer mañana
  ahora aquí entre desde hasta sin sobre después antes siempre nunca dos gracias
fr: àâæçéèêëîïôœùûü
  le la les l de des du d un une et est que qu pas en dans pour sur ne n se s ce cet cette ces il elle ils
  elles nous vous je j tu au aux avec sont a à par plus mais ou où qui quoi c y m mon ma mes ton son sa
  ses leur leurs notre votre être avoir ai as ont été était étaient fait faire peut tout tous toute toutes
  très bien aussi si comme quand alors donc sans sous entre après avant chez encore toujours jamais rien
  hier demain ici oui non merci deux cela ça lui moi toi
de: äöüß
  der die das und ist nicht ein eine einen einem einer eines zu den mit von dem des im in auf für sich
  auch es ich wir sie war er du ihr mich mir dich dir uns an am als aber oder wenn wie was wer wo wann
  warum bei nach vor aus über unter zwischen durch um zum zur vom so nur noch schon sehr mehr kein keine
  keinen hat haben habe sind bin bist wird werden wurde wurden kann können muss will sein seine seinen
  mein meine dein unser heute gestern morgen jetzt hier dort immer nie alle alles dass weil gegen ohne
  doch man gibt gut bitte danke
it: àèéìòù
  il lo la gli le i l di d del della dello dei delle degli e è un uno una che non in nel nella nei nelle
  per con si sono da dal dalla al alla ai alle sul sulla su come più ma anche o se questo questa questi
  quello quella io tu lui lei noi voi loro mi ti ci vi ho hai ha abbiamo hanno era erano stato stata essere
  avere fare molto molti tutto tutti tutta ogni dove quando chi cosa perché quale sempre mai già ancora oggi
  ieri domani qui dopo prima senza tra fra mio mia suo sua nostro bene grazie poi
nl: ëïéó
  de het een en van is dat niet in op te met voor zijn die aan er ook was maar om dit bij ze ik je jij u
  hij zij wij we jullie mij me mijn jouw ons onze hun hem haar als of naar uit over onder tussen door
  tot dan nog al wel geen meer veel heel hoe wat wie waar wanneer waarom heeft heb hebben had ben bent
  waren wordt worden werd kan kunnen moet moeten wil zal zullen zou deze daar hier nu altijd nooit vandaag
  gisteren morgen alle alles goed omdat naast
pl: ąćęłńóśźż
  i w we z ze na do się nie to jest że o jak po co za od ale tak przez był była było są dla który która
  które ja ty on ona my wy oni mnie mi mój moja jego jej ich tego tej ten ta te tym czy kto gdzie kiedy
  dlaczego bardzo już jeszcze tylko też oraz lub pod nad przed przy bez ma mam mają być będzie może można
  wszystko nic dziś dzisiaj wczoraj jutro teraz tu tutaj tam zawsze nigdy dobrze dziękuję proszę u
sv: åäö
  och i att det som en ett på är av för med den till inte om har de jag var men sig så du han hon vi ni
  mig dig min mitt mina din sin sitt sina deras vår kan ska skall vill måste från under över mellan efter
  innan utan vid hos när hur vad vem vilken eller också mycket mer många alla allt bara här där nu idag
  igår imorgon alltid aldrig hade är blev blir bli vara varit denna detta dessa hej tack ut upp in man
da: åæø
  og i at det er en et til på som af for med den de ikke der har jeg var men sig så du han hun vi
  mig dig min mit mine din sin sit deres vores kan skal vil må fra under over mellem efter før uden ved hos
  når hvordan hvad hvem hvor hvilken eller også meget mere mange alle alt kun her nu dag går morgen altid
  aldrig havde blev bliver blive være været denne dette disse hej tak ud op ind man noget nogle
no: åæø
  og i å at det er en et til på som av for med den de ikke der har jeg var men seg så du han hun vi
  meg deg min mitt mine din sin sitt deres vår kan skal vil må fra under over mellom etter før uten ved hos
  når hvordan hva hvem hvor hvilken eller også mye mer mange alle alt bare her nå dag går morgen alltid
  aldri hadde ble blir bli være vært denne dette disse hei takk ut opp inn man noe noen
fi: äö
  ja on ei se että oli hän mutta kun niin ovat myös kuin joka tai sen olla ole nyt minä sinä me te he
  minun sinun hänen meidän heidän mitä mikä kuka missä miksi miten milloin tämä tämän nämä ne ollut olin
  olen olet olemme olivat voi voit en et emme eivät jos vain vielä jo aina koskaan hyvin paljon kaikki
  täällä siellä tänään eilen huomenna ennen jälkeen kanssa ilman vuonna sekä kiitos
cs: áčďéěíňóřšťúůýž
  a v ve se si na je že s z ze do o k ke i jako ale by pro jsem jsi jsme jsou za po od u při před nad
  pod byl byla bylo byly být není to ten ta tento tato toto který která které co kdo kde kdy jak proč
  já ty on ona my vy oni mě mi mně můj moje jeho její jejich nás vás nebo také jen už ještě velmi mnoho
  všechno všichni dnes včera zítra teď tady tam vždy nikdy má mám mají může bez podle mezi ani děkuji
sk: áäčďéíĺľňóôŕšťúýž
  a v vo sa si na je že s so z zo do o k ku i ako ale by pre som sme sú za po od u pri pred nad pod bol
  bola bolo boli byť nie to ten tá tento táto toto ktorý ktorá ktoré čo kto kde kedy ako prečo ja ty on
  ona my vy oni ma mňa mi môj moje jeho jej ich nás vás alebo tiež len už ešte veľmi veľa všetko dnes
  včera zajtra teraz tu tam vždy nikdy má mám majú môže bez podľa medzi ani ďakujem
hr: čćđšž
  i u na je se da su za od do s sa a o ne nije što koji koja koje kao ali ili iz po bi bio bila bilo biti
  sam si smo ste ja ti on ona mi vi oni me mu ga joj ih njegov moj moja naš ovo ova ovaj to taj ta kada
  gdje kako tko zašto vrlo više samo već još uvijek nikad danas jučer sutra sada ovdje tamo ima imam može
  bez prema između nakon prije sve hvala
ro: ăâîșțşţ
  și în de la a o cu nu pe un este că din mai se care pentru au fost dar sunt lui eu tu el ea noi voi ei
  ele mă te îl îi le meu mea său sa lor ce cine unde când cum sau ca să am ai are avem era foarte mult
  multe toate toți tot doar încă deja acum aici acolo azi astăzi ieri mâine niciodată întotdeauna
  fără între după înainte prin către al ale unei unui o din acest această acesta fi
tr: çğıöşü
  ve bir bu da de için ile çok ne var gibi daha ama değil olarak kadar sonra ben o sen biz siz onlar
  bana beni benim senin onun bizim şu hangi kim nerede nasıl neden zaman her hiç mi mı mu mü en ya veya
  önce şimdi bugün dün yarın burada orada olan oldu olur vardı yok iyi evet hayır teşekkürler üzerinde
  tarafından ise diye ki
id: -
  yang dan di ini itu dengan untuk tidak dari dalam akan pada juga ke ada saya kami bisa adalah oleh
  atau kita mereka dia anda kamu aku telah sudah belum sedang lebih sangat banyak semua hanya saja karena
  jika kalau tetapi tapi sebagai antara setelah sebelum seperti apa siapa mana kapan bagaimana mengapa
  hari orang tahun satu dua sini sana nya para seorang sebuah dapat harus lagi masih bukan
hu: áéíóöőúüű
  a az és hogy nem is egy ez van volt de meg csak már ha mint még vagy ki mert én te ő mi ti ők engem
  nekem neki az ezt azt itt ott hol mikor hogyan miért mit nagyon sok több minden mindig soha most ma
  tegnap holnap lesz lehet kell el fel be le vissza után előtt között nélkül által szerint jó igen köszönöm
  voltak vannak lett pedig is
ca: àçèéíïòóúü
  el la els les l de del dels d en un una i que no és amb per al als se es més va són com però o si jo
  tu ell ella nosaltres em et meu meva seu seva aquest aquesta això quan on qui què perquè molt molts
  també hi ha han estat ser era tot tots res bé avui ahir demà ara aquí entre des fins sense sobre
  després abans sempre mai dos gràcies
vi: ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ
  và của là có không được một trong cho người những với các này đã để đến khi từ cũng như về tôi bạn anh
  chị em họ chúng ta nó ông bà rất nhiều đang sẽ thì mà ở trên dưới sau trước nếu vì nên gì ai đâu nào
  hôm nay hai năm ngày việc làm đi ra vào lại còn chỉ
sw: -
  ya na wa kwa ni katika za la kuwa hii hiyo huo huu yake yao wake wao lakini au kama si hapana ndiyo
  mimi wewe yeye sisi ninyi watu mtu siku mwaka sana tu pia bado sasa leo jana kesho hapa huko ambayo
  ambao ili baada kabla
tl: -
  ang ng sa mga na ay at ko mo siya ito iyan iyon hindi ako ikaw kami tayo kayo sila ni si kay para
  kung dahil pero o din rin lang pa po may mayroon wala ano sino saan kailan paano bakit isang dalawa
  ngayon kahapon bukas araw tao nang
"""

_ROWS = re.finditer(r"^(\w\w): (\S+)\n((?:  .+\n)+)", _TABLE, re.MULTILINE)
#: Code -> (letters, words).
LISTED = {
    row[1]: (frozenset() if row[2] == "-" else frozenset(row[2]), frozenset(row[3].split()))
    for row in _ROWS
}


def _holders(part: int) -> dict[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for code, parts in LISTED.items():
        for one in parts[part]:
            found[one].add(code)
    return {one: frozenset(codes) for one, codes in found.items()}


#: A letter, and a word -> the languages that have it.
LETTERS, WORDS = _holders(0), _holders(1)


def holders(word: str) -> frozenset[str]:
    """The languages that a word in lower case may be of, by itself or else by its letters."""
    if word in WORDS:
        return WORDS[word]
    beyond = [LETTERS[letter] for letter in set(word) if letter in LETTERS]
    return frozenset.intersection(*beyond) if beyond else frozenset()
