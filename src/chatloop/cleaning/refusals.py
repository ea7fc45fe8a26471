"""Answers that are a refusal and nothing else, in nine languages.

I'm sorry, but I can't help with that.        Es tut mir leid, dabei kann ich Ihnen nicht helfen.
As an AI language model, I cannot …           En tant que modèle de langage, je ne peux pas …
申し訳ありませんが、お答えできません。          抱歉，我无法回答这个问题。

Two patterns a language: every word of the answer is one that refusals are made of, with a denial
and an offer that is denied; or it begins with being a machine that cannot. A refusal that goes on
to say what can be done instead is an answer.
"""

from functools import reduce
from operator import or_
from typing import NamedTuple

import polars as pl

CONTENT, ROLE = pl.col("content"), pl.col("role")

_SORRY = (
    r"(?:(?:i'?m|i am|we'?re|we are)?\s*(?:very |so |really |terribly )?sorry"
    r"|i apologi[sz]e|my apologies|unfortunately)"
)
_CANNOT = (
    r"(?:i|we)(?: (?:can'?t|cannot|can not|won'?t|will not)"
    r"|(?:'m| am|'re| are) (?:not able|unable) to)"
)
_HELP = r"(?:help|assist|do|answer|fulfil+|comply|provide|discuss|engage|continue|respond)"
_WITH = (
    r"(?: you)?(?: (?:with|to|on|about|in))?(?: (?:that|this|it))?"
    r"(?: (?:(?:kind|type) of )?(?:request|question|topic|task|conversation))?"
)
_MACHINE = (
    r"(?:an? )?(?:ai|a\.i\.|artificial intelligence|large language|language)[- ]?"
    r"(?:language )?(?:model|assistant|chatbot|system)?"
)
# The whole answer is no more than this, or it begins by saying what it is and that it cannot.
_ENGLISH = (
    rf"(?is)^\W*(?:{_SORRY}[,.!;: ]*(?:but )?(?:however,? )?)?{_CANNOT} {_HELP}{_WITH}[\s.!]*$"
    rf"|^\W*(?:{_SORRY}[,.!]? (?:but )?)?as {_MACHINE},? .{{0,80}}?"
    r"\b(?:can'?t|cannot|can not|not able|unable|don'?t|do not"
    r"|not (?:allowed|permitted|programmed))\b"
)


class Words(NamedTuple):
    """What refusals in a language are made of, each a pattern.

    `denial` and `offer` must both be there and `filler` may; `machine` is what it says to be.
    """

    denial: str
    offer: str
    filler: str
    machine: str


SPACED = {
    "de": Words(
        r"nicht|unmöglich|außerstande",
        r"(?:weiter)?helfen|weiterhelfen|beantworten|unterstützen|erfüllen|antworten|behilflich",
        r"es|tut|mir|uns|sehr|wirklich|leid|leider|entschuldigung|entschuldigen|verzeihung|sie|aber"
        r"|doch|ich|wir|kann|können|darf|dürfen|bin|sind|ihnen|dir|euch|da|dabei|damit|hier|hierbei"
        r"|darauf|auf|bei|mit|zu|in|der|dem|den|diese[rmns]?|das|die|ihre[rmn]?|deine[rmn]?|lage"
        r"|anfrage|frage|anliegen|bitte|thema|aufgabe",
        r"als (?:eine? )?(?:reine[sr]? )?(?:(?:großes )?sprachmodell|ki|künstliche intelligenz)",
    ),
    "fr": Words(
        r"pas|impossible|incapable",
        r"aider|assister|répondre|satisfaire|traiter|accéder",
        r"je|j'|nous|suis|sommes|regrette|regrettons|vraiment|sincèrement|désolée?s?|pardon|excusez"
        r"|moi|malheureusement|mais|ne|n'|peux|puis|pouvons|peut|m'|est|il|de|d'|en|mesure|vous|te|t'"
        r"|avec|pour|sur|à|la|le|l'|cela|ça|cette|ce|votre|ta|y|question|demande|sujet|requête",
        r"en tant qu(?:e |')(?:une? )?(?:grand )?(?:modèle de langage|ia|assistant (?:ia|virtuel)"
        r"|intelligence artificielle)",
    ),
    "es": Words(
        r"no|imposible|incapaz",
        r"(?:ayudar|asistir|responder|contestar|atender|cumplir)(?:te|le|les|os)?",
        r"lo|siento|sentimos|mucho|disculpas?|disculpe|perdón|perdona|lamento|lamentablemente|pero"
        r"|desafortunadamente|me|te|le|les|es|soy|puedo|podemos|de|con|en|a|para|eso|esto|esa|ese"
        r"|esta|este|su|tu|la|el|pregunta|solicitud|petición|tema|tarea",
        r"como (?:una? )?(?:gran )?(?:modelo de (?:lenguaje|ia)|ia|inteligencia artificial"
        r"|asistente (?:de ia|virtual))",
    ),
    "it": Words(
        r"non|impossibile",
        r"aiutar(?:ti|la|vi|e)|assister(?:ti|la|vi|e)|risponder(?:ti|le|vi|e)|soddisfare",
        r"mi|ci|dispiace|dispiaciuto|scusa|scusi|scusate|molto|spiacente|purtroppo|ma|però|posso"
        r"|possiamo|sono|siamo|in|grado|di|con|a|per|su|è|questo|questa|quello|ciò|la|il|tua|sua"
        r"|domanda|richiesta|argomento",
        r"(?:in quanto|come) (?:un |un')?(?:grande )?(?:modello (?:linguistico|di linguaggio)|ia|ai"
        r"|intelligenza artificiale|assistente (?:virtuale|ia|ai))",
    ),
    "pt": Words(
        r"não|impossível|incapaz",
        r"(?:ajudar|auxiliar|responder|atender|cumprir)(?:-?(?:te|lo|la|lhe|los|las))?|ajudá-l[oa]s?",
        r"sinto|sentimos|muito|desculpe|desculpa|desculpas|peço|lamento|lamentavelmente|infelizmente"
        r"|mas|eu|nós|me|te|lhe|você|posso|podemos|consigo|é|sou|de|com|em|a|à|para|isso|isto|essa"
        r"|esse|esta|este|nisso|nessa|sua|seu|tua|o|pergunta|solicitação|pedido|questão|tema|tarefa",
        r"(?:como|enquanto) (?:uma? )?(?:grande )?(?:modelo de (?:linguagem|língua)|ia"
        r"|inteligência artificial|assistente (?:de ia|virtual))",
    ),
    "nl": Words(
        r"niet|onmogelijk",
        r"helpen|assisteren|beantwoorden|antwoorden|voldoen|ondersteunen",
        r"het|spijt|me|mij|ons|sorry|excuses|helaas|maar|ik|we|wij|kan|kunnen|mag|mogen|u|je|jou"
        r"|daar|daarmee|daarbij|hier|hiermee|hierbij|mee|bij|met|op|aan|om|te|in|staat|ben|zijn|dat"
        r"|dit|deze|die|de|uw|jouw|vraag|verzoek|onderwerp|taak",
        r"als (?:een )?(?:groot )?(?:taalmodel|ai|kunstmatige intelligentie)",
    ),
}
UNSPACED = {
    "ja": Words(
        r"(?:でき|出来)(?:ません|ない|かねます)|(?:致|いた)しかねます|かねます",
        r"(?:お|ご)?(?:答え|手伝い|応え|対応|回答|協力|支援|力になること)",
        r"申し訳|大変|誠に|あり|ござい|ません|すみません|ごめんなさい|恐れ入り|ます|残念|ながら|です"
        r"|が|けれど|も|私|その|この|こちら|あれ|ご|お|質問|リクエスト|要求|依頼|件|内容|こと|する|す"
        r"|に|は|を|の|で|と|、|ん",
        r"(?:私は)?(?:ai|人工知能|(?:大規模)?言語モデル)(?:言語モデル|アシスタント|モデル)?"
        r"(?:として|です|なので|であるため|のため)",
    ),
    "zh": Words(
        r"无法|不能|不可以|没办法|沒辦法|無法|没有办法",
        r"帮助|协助|回答|提供|满足|处理|完成|帮|幫助|協助|滿足|處理|幫",
        r"很|非常|十分|真的|抱歉|对不起|對不起|不好意思|遗憾|遺憾|但是|但|可是|恐怕|目前|我们?|我們"
        r"|你们?|您|這個|这个|这|這|那个|该|該|此|类|類|的|对|對|于|於|就|为|為|问题|問題|请求|請求"
        r"|要求|任务|任務|方面|相关|相關|内容|內容|帮忙|忙|信息|服务|了|到",
        r"作(?:为|為)(?:一个|一個|一款|一名)?(?:人工智能|人工智慧|ai|大?型?(?:语言|語言)模型)",
    ),
}
_DENIED = {  # what a machine says that it cannot, may not or has not
    "de": r"\b(?:nicht|keine?n?|außerstande)\b", "fr": r"\b(?:pas|incapable)\b",
    "es": r"\bno\b", "it": r"\bnon\b", "pt": r"\bnão\b", "nl": r"\b(?:niet|geen)\b",
    "ja": r"ません|できない|かねます", "zh": r"无法|無法|不能|没有|沒有|不具备|不會|不会",
}  # fmt: skip
# No refusal is without one of these, and few other answers have one.
_DENIES = (
    r"(?i)\b(?:not|cannot|(?:ca|wo|do)n['\x{2018}\x{2019}\x{02bc}]?t|unable|nicht|keine?n?|pas|no"
    r"|außerstande|unmöglich|im?possib[a-zíé]+|in[ck]apa[a-z]+|non|não|impossível|niet|geen"
    r"|onmogelijk)\b|ません|ない|かねます|[无無没沒]|不"
)


def refusal(_: object) -> pl.Expr:
    """An answer is a refusal and nothing else: a model would learn to refuse from it."""
    asked = pl.when((ROLE == "assistant") & CONTENT.str.contains(_DENIES)).then(CONTENT)
    return asked.map_batches(_refusals, return_dtype=pl.Boolean)


def _refusals(answers: pl.Series) -> pl.Series:
    """True for each that is one; only what is not null is looked at."""
    asked = answers.is_not_null()
    said = answers.filter(asked).to_frame("said").select(_plain(pl.col("said")))
    spaced = [_says_no_more(words, r"(?:\W+|\b)") for words in SPACED.values()]
    unspaced = [_says_no_more(words, r"\W*") for words in UNSPACED.values()]
    told = pl.col("said").str.contains(_ENGLISH) | pl.col("said").str.contains(_MACHINES)
    found = said.select(reduce(or_, [*spaced, *unspaced], told)).to_series()
    return pl.repeat(False, len(answers), eager=True).scatter(asked.arg_true(), found)


def _plain(said: pl.Expr) -> pl.Expr:
    """One kind of apostrophe, one space between words."""
    return said.str.replace_all("[\u2018\u2019\u02bc]", "'").str.replace_all(r"\s+", " ")


def _says_no_more(words: Words, between: str) -> pl.Expr:
    """Nothing but words of refusals, one that denies and one that is denied."""
    every = f"{words.denial}|{words.offer}|{words.filler}"
    edge = r"\b" if "W+" in between else ""
    only = rf"(?i)^\W*(?:(?:{every}){between})+$"
    said = pl.col("said").str
    both = [said.contains(rf"(?i){edge}(?:{one}){edge}") for one in words[:2]]
    return said.contains(only) & both[0] & both[1]


# It may beg pardon before it says what it is; what it denies stands in the same sentence.
_MACHINES = "|".join(
    rf"(?i)^\W*(?:[^.!?。！？]{{0,40}}[,，、] ?)?{words.machine}"
    rf"[^.!?。！？\n]{{0,80}}?(?:{_DENIED[name]})"
    for name, words in (SPACED | UNSPACED).items()
)
