"""Seed phrases that state a request, and seed phrases that answer, choose or ask a detail on the way to one.

A classifier is trained on their vectors (`ml.messages.message_roles`), so that other wordings, and other languages of the same
embedder, are found by them too.
"""

from __future__ import annotations

from typing import Final

# ruff: noqa: E501, RUF001  # One line a theme; each language is written with marks of its own.

_REQUESTS: Final = """
i want to cancel my subscription | how do i reset my password? | where is my order? | can you help me find a hotel?
i would like to order a pizza | give me a large coffee, please | i'll have the burger with fries | add a salad to my order
i need to talk to a person | connect me with an agent | that answer is wrong | cancel it then | stop that and undo it
no, that is not what i asked for | this is not right, please check it again | your answer makes no sense
the number you gave me is wrong | your last answer had mistakes | is anybody there who can help me?
are there any people here? | is a human reading this? | does anyone answer here at all?
show me last month's invoice | please send me the documents again | change my address | i want to return the shoes
book a table for tonight | what is the weather like tomorrow? | my card does not work | the app crashes when i open it
i was charged twice | translate this text into german | write an e-mail to my boss | summarise this document
play some music | remind me to call my mother | how much does the premium plan cost? | why was my payment declined?
is there a discount for students? | i'd like to buy two tickets to the concert | find me a cheap flight to rome
transfer 100 dollars to my savings account | tell me about your opening hours | i lost my phone | i forgot my pin
i have a problem with the delivery | i want to upgrade my account | delete my account | let me know my balance
i'm looking for a movie to watch | what is the difference between the two plans? | call anna on whatsapp
set an alarm for seven | show me events this weekend | send tom a message | any news about football? | delete my reminder
what's happening in the world?
ich möchte mein abo kündigen | wo ist meine bestellung? | wie kann ich mein passwort ändern? | ist da jemand, der mir hilft?
stell den wecker auf sieben uhr | ruf anna an | lösche meine erinnerung
je voudrais réserver une table | comment puis-je annuler ma commande ? | mon paiement a été refusé | appelle anna | envoie un message à tom | il y a quelqu'un pour m'aider ?
quiero hablar con una persona | ¿cuánto cuesta el envío? | necesito cambiar mi vuelo | pon música | llama a ana | envía un mensaje a tom | ¿hay alguien ahí?
vorrei ordinare una pizza | come posso contattare l'assistenza? | quero cancelar o meu pedido | esqueci a minha senha
ik wil mijn bestelling annuleren | jag vill byta lösenord | chcę zwrócić buty | siparişimi iptal etmek istiyorum
मेरा ऑर्डर कहाँ है? | मुझे रिफंड चाहिए | मुझे कल का मौसम बताओ | एना को फ़ोन करो | टॉम को संदेश भेजो | ฉันอยากยกเลิกคำสั่งซื้อ | ลืมรหัสผ่านทำอย่างไร | ตั้งนาฬิกาปลุกให้หน่อย | โทรหาแอนนา | ส่งข้อความหาทอม
请帮我取消订单 | 给安娜打电话 | 我的密码忘记了怎么办 | 注文をキャンセルしたい | パスワードを変更するには？ | 주문을 취소하고 싶어요 | 비밀번호를 어떻게 바꾸나요?
أريد إلغاء طلبي | كيف أغير كلمة المرور؟ | я хочу вернуть товар | где мой заказ? | позвони анне | хочу поговорить с оператором
"""

_DETAILS: Final = """
in san francisco | the 6th of march | two please | something cheaper | at half past seven in the evening | for three people
the second one | the first one sounds good | yes, that one | my name is john smith | it's 555 0134 | john@example.com
12 main street | next monday | tomorrow morning | from berlin to munich | a window seat | large | no onions
with extra cheese | economy class | i don't care which | any time is fine | in the city centre | one way
nothing too expensive | the blue one in size ten | it is for my wife | around 5 pm | order number 48213
it's the savings account | no preference | something by mozart | only if it has a pool | what about another one?
do they have parking? | what is their phone number? | how much is it? | what's the address? | when does it leave?
is it far from there? | can you find something else? | make it four instead | the later one please | i'd prefer the morning
sure, at 8 then | i paid by credit card | it says error 403
how long does it take to get there? | what time does it open? | which airline is it?
thank you for your help, that is all for now | thanks, i don't need anything else | that was everything, have a nice day
great, you have been very helpful
in berlin | nächsten dienstag | für zwei personen | der zweite | wie ist die adresse? | danke, das war alles
à paris | demain matin | pour trois personnes | le premier | quel est le numéro ? | merci, c'est tout pour aujourd'hui
en madrid | el lunes por la tarde | para dos personas | la segunda | ¿a qué hora sale? | gracias, eso es todo
a roma | domani mattina | em lisboa | amanhã de manhã | in amsterdam | volgende week maandag | på fredag | w krakowie | iki kişi için
दिल्ली में | कल सुबह | दो लोगों के लिए | पता क्या है? | धन्यवाद, बस इतना ही | ที่กรุงเทพ | พรุ่งนี้เช้า | สำหรับสองคน | ที่อยู่คืออะไร | ขอบคุณ แค่นี้ครับ
两个人 | 明天上午 | 在北京 | 東京で | 明日の朝 | 二人です | 서울에서 | 내일 아침 | 두 명이요
في القاهرة | غدا صباحا | لشخصين | в москве | завтра утром | на двоих | второй
"""


def _phrases(lines: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for line in lines.strip().splitlines() for phrase in line.split(" | "))


REQUEST_PHRASES: Final = _phrases(_REQUESTS)
"""Each of them could begin a conversation, or a new matter in one."""
DETAIL_PHRASES: Final = _phrases(_DETAILS)
"""Each of them answers, chooses, adds, or asks about what is already being talked of."""
