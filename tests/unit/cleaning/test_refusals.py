"""Refusals in nine languages, and answers that deny something and help all the same."""

import pytest

from chatloop.cleaning.judging import judge
from chatloop.cleaning.rules import RULES

REFUSAL = [rule for rule in RULES if rule.name == "refusal"]


def refused(answer: str, params, talks) -> bool:
    return judge(talks(["?", answer]), params, REFUSAL).reasons["refusal"] > 0


@pytest.mark.parametrize(
    "answer",
    [
        "I’m sorry, but I can’t help with that.",
        "Es tut mir leid, aber dabei kann ich Ihnen leider nicht helfen.",
        "Leider kann ich diese Frage nicht beantworten.",
        "Als KI-Sprachmodell kann ich dazu keine Auskunft geben.",
        "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
        "Désolée, je ne peux pas répondre à cette question.",
        "En tant qu'assistant virtuel, je ne suis pas en mesure de le faire.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Lamentablemente no puedo responder a esa pregunta.",
        "Como modelo de lenguaje, no puedo opinar sobre política.",
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Purtroppo non sono in grado di rispondere a questa domanda.",
        "In quanto intelligenza artificiale, non ho opinioni personali.",
        "Desculpe, mas não posso ajudar com isso.",
        "Sinto muito, não consigo responder a essa pergunta.",
        "Como uma inteligência artificial, não tenho acesso a isso.",
        "Het spijt me, maar daar kan ik u niet mee helpen.",
        "Helaas kan ik deze vraag niet beantwoorden.",
        "Als AI-taalmodel heb ik geen mening.",
        "申し訳ありませんが、そのご質問にはお答えできません。",
        "すみませんが、お手伝いできません。",
        "AIアシスタントとして、そのような内容は提供できません。",
        "抱歉，我无法回答这个问题。",
        "對不起，我無法協助您處理這個請求。",
        "作为一个人工智能语言模型，我不能提供医疗建议。",
    ],
)
def test_an_answer_that_is_nothing_but_a_refusal_is_one(answer, params, talks):
    assert refused(answer, params, talks)


@pytest.mark.parametrize(
    "answer",
    [
        "I can't help with returns by phone, but the form on our page does it.",
        "Leider kann ich nicht helfen, aber unser Lager in Kassel erreichen Sie morgen ab acht.",
        "Das ist nicht möglich: der Artikel ist ausverkauft.",
        "Als KI-Assistent helfe ich gern. Was möchten Sie nicht mehr erhalten?",
        "Je ne peux pas annuler la commande, elle est déjà partie.",
        "No puedo cambiar la dirección porque el pedido ya salió.",
        "No, no hay cargos adicionales.",
        "Non posso spedire all'estero, ma a Roma arriva domani.",
        "Não, a loja não abre no domingo.",
        "Niet meer op voorraad, maar volgende week wel.",
        "申し訳ありませんが、こちらの商品は在庫がありません。明日入荷します。",
        "抱歉，这件商品没有库存，下周到货。",
        "无法登录时，请重置密码。",
        "No.",
        "Non.",
    ],
)
def test_an_answer_that_denies_something_and_says_more_is_none(answer, params, talks):
    assert not refused(answer, params, talks)
