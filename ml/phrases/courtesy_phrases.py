"""What people say to be polite, to agree and to decline, in many languages: seeds, not a vocabulary.

They are compared in meaning (`ml.messages.courtesy`), so that other wordings, and other languages of the same embedder, are
found by them too. Names leave them out at the beginning and end of what was said (`ml.naming.name_candidates`).
"""

from __future__ import annotations

from typing import Final

# ruff: noqa: E501, RUF001  # One line a theme; each language is written with marks of its own.

_POLITE: Final = """
hi | hello | hey | hey there | hello there | hi there | good morning | good afternoon | good evening | good day
hi all | hello team | hello support team | dear team | dear support | dear sir or madam | how are you | hi how are you
please | pls | plz | kindly | thanks | thank you | thx | ty | many thanks | thanks a lot | thank you so much
thank you very much | thanks for your help | thank you for your help | thanks in advance | cheers | much appreciated
bye | goodbye | bye bye | see you | see you later | have a nice day | have a great day | you too | best regards
kind regards | regards | sincerely | yours sincerely | good night | take care | excuse me | sorry | sorry to bother you
hallo | guten tag | guten morgen | guten abend | moin | servus | hallo zusammen | sehr geehrte damen und herren | bitte
danke | vielen dank | danke schön | dankeschön | danke sehr | besten dank | danke für die hilfe | danke im voraus
tschüss | auf wiedersehen | bis bald | schönen tag noch | mit freundlichen grüßen | viele grüße | liebe grüße
entschuldigung | gute nacht
bonjour | bonsoir | salut | coucou | bonjour à tous | madame, monsieur | s'il vous plaît | s'il te plaît | svp | stp
merci | merci beaucoup | merci bien | merci pour votre aide | merci d'avance | je vous remercie | au revoir
à bientôt | bonne journée | bonne soirée | bonne nuit | cordialement | bien cordialement | excusez-moi | pardon | désolé
hola | buenos días | buenas tardes | buenas noches | buenas | por favor | gracias | muchas gracias | mil gracias
gracias por tu ayuda | gracias por su ayuda | gracias de antemano | adiós | hasta luego | hasta pronto | que tenga un buen día
un saludo | saludos | atentamente | disculpe | perdón | lo siento
ciao | buongiorno | buonasera | salve | per favore | per piacere | grazie | grazie mille | molte grazie
grazie per l'aiuto | arrivederci | a presto | buona giornata | cordiali saluti | scusi | scusa
olá | oi | bom dia | boa tarde | boa noite | por favor | obrigado | obrigada | muito obrigado | muito obrigada
obrigado pela ajuda | tchau | até logo | tenha um bom dia | atenciosamente | desculpe
hoi | goedemorgen | goedemiddag | goedenavond | goedendag | alsjeblieft | alstublieft | dank je | dank u | bedankt
dank je wel | hartelijk dank | tot ziens | fijne dag nog | met vriendelijke groet | sorry hoor
hej | god morgon | tack | tack så mycket | snälla | hejdå | ha en bra dag | med vänliga hälsningar
cześć | dzień dobry | dobry wieczór | proszę | dziękuję | dzięki | bardzo dziękuję | do widzenia | miłego dnia | pozdrawiam
привет | здравствуйте | добрый день | доброе утро | добрый вечер | пожалуйста | спасибо | большое спасибо
спасибо за помощь | до свидания | пока | всего доброго | хорошего дня | с уважением | извините
merhaba | selam | günaydın | iyi günler | iyi akşamlar | lütfen | teşekkürler | teşekkür ederim | çok teşekkürler
sağ olun | hoşça kal | görüşürüz | kolay gelsin | saygılarımla | kusura bakmayın
halo | hai | selamat pagi | selamat siang | selamat sore | selamat malam | tolong | terima kasih | terima kasih banyak
makasih | sampai jumpa | selamat tinggal | permisi | maaf
xin chào | chào bạn | làm ơn | cảm ơn | cảm ơn bạn | cảm ơn nhiều | tạm biệt | hẹn gặp lại | xin lỗi
مرحبا | السلام عليكم | صباح الخير | مساء الخير | من فضلك | لو سمحت | شكرا | شكرا جزيلا | شكرا لك | مع السلامة
إلى اللقاء | يوم سعيد | عفوا
שלום | היי | בוקר טוב | ערב טוב | בבקשה | תודה | תודה רבה | להתראות | יום טוב | סליחה
नमस्ते | नमस्कार | हैलो | हेलो | सुप्रभात | शुभ संध्या | कृपया | प्लीज़ | धन्यवाद | शुक्रिया | बहुत धन्यवाद
बहुत बहुत धन्यवाद | मदद के लिए धन्यवाद | अलविदा | फिर मिलेंगे | आपका दिन शुभ हो | शुभ रात्रि | माफ़ कीजिए
สวัสดี | สวัสดีครับ | สวัสดีค่ะ | หวัดดี | อรุณสวัสดิ์ | ครับ | ค่ะ | คะ | ขอบคุณ | ขอบคุณครับ | ขอบคุณค่ะ | ขอบคุณมาก
ขอบคุณมากครับ | ขอบคุณมากค่ะ | ขอบคุณที่ช่วย | ลาก่อน | แล้วเจอกัน | ขอให้มีวันที่ดี | ขอโทษ | ขอโทษครับ
你好 | 您好 | 大家好 | 早上好 | 下午好 | 晚上好 | 请 | 请问 | 谢谢 | 谢谢你 | 谢谢您 | 非常感谢 | 多谢 | 再见 | 拜拜
祝你有美好的一天 | 晚安 | 不好意思 | 抱歉
こんにちは | おはようございます | こんばんは | お願いします | ありがとう | ありがとうございます
どうもありがとうございます | さようなら | またね | 失礼します | お疲れ様です | すみません
안녕하세요 | 안녕 | 부탁드립니다 | 감사합니다 | 고맙습니다 | 정말 감사합니다 | 안녕히 계세요 | 좋은 하루 되세요 | 죄송합니다
"""

_ASSENT: Final = """
yes | yeah | yep | yup | yes please | yes thanks | yes that is correct | yes that's right | that's correct | correct
right | exactly | sure | of course | certainly | absolutely | definitely | ok | okay | alright | all right | fine
that's fine | that works | that works for me | sounds good | sounds great | sounds perfect | that's good | that sounds good | that sounds great | that's great | that sounds good to me | great | perfect
that's perfect | awesome | cool | nice | good | that is good | very good | excellent | wonderful | got it | i see
understood | no problem | no worries | i like it | i like that | that would be great | go ahead | yes go ahead
please do | please proceed | continue | no | nope | no thanks | no thank you | not now | not right now | nothing else
no that's all | that's all | that is all i need | that will be all | nothing more for now | no i'm good | i'm good
i'm all set | that's it for now | no that is everything | is there anything else | anything else | will that be all
hmm | oh | wow | lol | i guess | maybe | yes i would | yes i do | no i don't | that's great thank you | ok thanks
thanks that's all i need | no thank you that's all | yes that sounds right | yes confirm | i confirm | that's okay
it was nice | i appreciate it | you're welcome | thanks that was very helpful | that is all | that will be it | that's it
that is it for now | that was all i needed | all i needed was that information | i appreciate the help | i'm done
i don't need anything else | i don't need any more help | i do not need anything more | that is correct | that is right
that is fine | that would be fine | that is perfect | that would be perfect | that suits me | works for me | that'd be good
that will work | you can proceed | yes proceed | yeah that's right | that is great | that's wonderful | that is lovely
that was useful | that's helpful | great help | for now | thanks for the answer | that is all the information i needed | no that's not necessary
you have been very helpful | that is nice | that's nice | i like that one | that sounds fine | sounds nice | good enough
thats correct | thats all | thats fine | thats good | thats great | thats right | thats it | thats all i need
that's all i need | that's all for now | that will be all for now | that's everything for now | i appreciate your help
i appreciate all your help | thank you for helping | thanks again | thankyou | nothanks | yes sir
no i have what i need | i have all i need | i'm good for now | we're good | no that's enough | it's enough | not at this time
not at the moment | not right now thanks | nothing at the moment | nothing for now | no not now | nope that's it | never mind
that is everything | good to know | thank you for everything | you have been a great help | nice to meet you | are you there
ja | ja bitte | ja genau | ja das stimmt | genau | stimmt | richtig | in ordnung | alles klar | klar | gut | sehr gut
passt | das passt | super | perfekt | prima | verstanden | kein problem | nein | nein danke | nichts weiter
das ist alles | das war alles | nein das war's | noch etwas | sonst noch etwas | mach weiter | klingt gut | das gefällt mir
oui | oui merci | c'est parfait | c'est super | c'est très bien | oui c'est ça | c'est exact | c'est bon | exactement | d'accord | bien sûr | ça marche | ça me va | parfait
très bien | super | génial | compris | pas de problème | non | non merci | rien d'autre | c'est tout
c'est tout ce qu'il me faut | autre chose | continuez | ça me plaît
sí | sí por favor | sí gracias | sí es correcto | eso es | correcto | exacto | claro | por supuesto | vale | de acuerdo
está bien | perfecto | muy bien | genial | estupendo | entendido | no hay problema | no | no gracias | nada más
eso es todo | eso es todo lo que necesito | algo más | adelante | me gusta
sì | sì grazie | sì esatto | esatto | va bene | d'accordo | certo | perfetto | ottimo | capito | nessun problema
no grazie | nient'altro | è tutto | altro
sim | sim por favor | isso mesmo | correto | certo | tudo bem | está bem | claro | perfeito | ótimo | entendi
sem problema | não | não obrigado | nada mais | é só isso | mais alguma coisa
ja graag | klopt | precies | prima | goed | oké | begrepen | geen probleem | nee | nee bedankt | dat is alles | verder niets
tak | zgadza się | dobrze | w porządku | świetnie | rozumiem | nie | nie dziękuję | to wszystko
да | да верно | правильно | хорошо | ладно | отлично | понятно | конечно | нет | нет спасибо | это всё | больше ничего
evet | evet doğru | tamam | peki | harika | anladım | hayır | hayır teşekkürler | hepsi bu | başka bir şey yok
ya | ya benar | betul | oke | baik | bagus | mengerti | tidak | tidak terima kasih | itu saja
vâng | đúng rồi | được | tốt | tuyệt vời | hiểu rồi | không | không cảm ơn | thế thôi
نعم | نعم صحيح | حسنا | تمام | ممتاز | فهمت | لا | لا شكرا | هذا كل شيء
כן | כן נכון | בסדר | מעולה | הבנתי | לא | לא תודה | זה הכל
हाँ | जी हाँ | हाँ जी | हाँ सही है | सही है | ठीक है | अच्छा | बहुत अच्छा | बढ़िया | बिल्कुल | समझ गया | समझ गई
कोई बात नहीं | नहीं | जी नहीं | नहीं धन्यवाद | और कुछ नहीं | बस इतना ही | कुछ और | मुझे पसंद है
ใช่ | ใช่ครับ | ใช่ค่ะ | ใช่แล้ว | ถูกต้อง | ตกลง | ได้ | ได้ครับ | ได้เลย | โอเค | ดีมาก | เยี่ยม | เยี่ยมมาก | เข้าใจแล้ว
ไม่เป็นไร | ไม่ | ไม่ใช่ | ไม่ครับ | ไม่ค่ะ | ไม่ ขอบคุณ | ไม่มีอะไรแล้ว | แค่นี้ | เท่านี้ครับ | มีอะไรอีกไหม
是 | 是的 | 对 | 没错 | 好 | 好的 | 可以 | 行 | 很好 | 太好了 | 明白了 | 知道了 | 没问题 | 不 | 不是 | 不用了 | 不用谢谢
没有了 | 就这些 | 还有别的吗
はい | はい、そうです | そうです | 了解 | 分かりました | 大丈夫です | いいですね | 完璧です | いいえ | いいえ、結構です
以上です | 他にありますか
네 | 네 맞아요 | 맞습니다 | 좋아요 | 알겠습니다 | 괜찮아요 | 완벽해요 | 아니요 | 아니요 괜찮습니다 | 그게 다예요
"""


_REQUESTS: Final = """
book a table | book it for two people | cancel my order | where is my refund | how do i get a refund | i lost my card
reset my password | login | log in | pricing | what does it cost | cancel | cancel subscription | play some music | i need help
can you help me | what is the weather | i need a flight | for tomorrow evening | try another one | what is the address
what is their phone number | does it have wifi | show me more | my name is | upgrade my plan | delete my account
change it to three people | not working | talk to a human | contact support | how long does it take | is there a fee
einen tisch reservieren | bestellung stornieren | wo ist mein geld | passwort vergessen | anmelden | preise | kündigen
wie viel kostet das | ich brauche hilfe | morgen abend | wie ist die adresse | karte sperren | wetter morgen
réserver une table | annuler ma commande | où est mon remboursement | mot de passe oublié | connexion | tarifs | résilier
combien ça coûte | j'ai besoin d'aide | demain soir | quelle est l'adresse | j'ai perdu ma carte | météo demain
reservar una mesa | cancelar mi pedido | dónde está mi reembolso | olvidé mi contraseña | iniciar sesión | precios
cuánto cuesta | necesito ayuda | mañana por la noche | cuál es la dirección | perdí mi tarjeta | el tiempo mañana
prenotare un tavolo | annullare il mio ordine | dov'è il mio rimborso | password dimenticata | accesso | prezzi
reservar uma mesa | cancelar o meu pedido | onde está o meu reembolso | esqueci a senha | entrar | preços | preciso de ajuda
टेबल बुक करो | मेरा ऑर्डर रद्द करो | मेरा रिफंड कहाँ है | पासवर्ड भूल गया | लॉगिन | कीमत | कितना खर्च होगा | मुझे मदद चाहिए
कल शाम | पता क्या है | मेरा कार्ड खो गया | कल का मौसम | गाना बजाओ
จองโต๊ะ | ยกเลิกคำสั่งซื้อ | เงินคืนของฉันอยู่ที่ไหน | ลืมรหัสผ่าน | เข้าสู่ระบบ | ราคา | ราคาเท่าไหร่ | ต้องการความช่วยเหลือ
พรุ่งนี้เย็น | ที่อยู่คืออะไร | บัตรหาย | อากาศพรุ่งนี้ | เล่นเพลง
забронировать столик | отменить заказ | где мой возврат | забыл пароль | войти | цены | сколько стоит | нужна помощь
预订桌子 | 取消订单 | 我的退款在哪里 | 忘记密码 | 登录 | 价格 | 多少钱 | 我需要帮助 | 明天的天气 | 放音乐
予約したい | 注文をキャンセル | 返金はどこですか | パスワードを忘れた | ログイン | 料金 | いくらですか | 助けてください
masa ayırt | siparişimi iptal et | param nerede | şifremi unuttum | giriş | fiyatlar | ne kadar | yardıma ihtiyacım var
احجز طاولة | إلغاء الطلب | أين أموالي | نسيت كلمة المرور | تسجيل الدخول | الأسعار | كم السعر | أحتاج مساعدة
테이블 예약 | 주문 취소 | 환불은 어디에 있나요 | 비밀번호를 잊었어요 | 로그인 | 가격 | 얼마예요 | 도움이 필요해요
"""


def _phrases(lines: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase.strip() for line in lines.strip().splitlines() for phrase in line.split(" | ")))


POLITE: Final = _phrases(_POLITE)
"""Greetings, thanks, farewells, `please`: they may stand before and behind what is meant without any mark."""
ASSENT: Final = _phrases(_ASSENT)
"""Agreement and refusal: `no` before other words may belong to them, so a mark must stand between."""
COURTESY: Final = tuple(dict.fromkeys((*POLITE, *ASSENT)))
REQUESTS: Final = _phrases(_REQUESTS)
"""Short requests: a message that is nearer to these than to courtesy is no courtesy."""
