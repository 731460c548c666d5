"""How people say things in a support thread: phrases for single sentences, in the languages tickets mostly come in.

They only choose what a handoff quotes; they decide nothing. What triggers an escalation is read in ``signals/``.
A table is phrases between commas: ``fail*`` = any ending, ``(a|b)`` = either, ``_`` = up to three words, ``^`` = the sentence
begins so; an apostrophe may be missing. No phrase nests repetitions, so a sentence is searched in linear time.
"""

from __future__ import annotations

import re

_UNSPACED = re.compile("[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff]")  # scripts in which word borders tell nothing


class Phrases:
    """A table of phrases, to be found in a sentence whatever its capitals."""

    def __init__(self, *tables: str) -> None:
        phrases = [_pattern(phrase) for table in tables for phrase in table.lower().split(",") if phrase.strip()]
        first = [p for p in phrases if p.startswith("^")]
        unspaced = [p for p in phrases if _UNSPACED.search(p)]
        words = [p for p in phrases if p not in first and p not in unspaced]
        # One word border before all and letters compared as they are: several times faster than (?i:\b…|\b…).
        self._pattern = re.compile("|".join([rf"\b(?:{'|'.join(words)})\b", *(rf"{p}\b" for p in first), *unspaced]))

    def search(self, sentence: str) -> bool:
        """True when one of the phrases stands in the sentence."""
        return self._pattern.search(sentence.lower()) is not None


def _pattern(phrase: str) -> str:
    plain = " ".join(phrase.split()).replace("| ", "|")
    return plain.replace("(", "(?:").replace("*", r"\w*").replace("_ ", r"(?:\w+ ){0,3}").replace("'", "'?")


# Something is wrong.
PROBLEM = Phrases(
    """can't, cannot, can not, couldn't, won't, doesn't, does not, didn't, did not, isn't, is not, aren't, don't (work|
    get|see|have|receive|know), unable, error*, fail*, broken, crash*, stuck, wrong, missing, lost, never,
    declined, rejected, refused, denied, locked, blocked, expired, delayed, late, damaged, problem*, issue*, bug*,
    timeout*, timed out, times out, slow, blank, freezes, frozen, froze, hacked, unauthori(z|s)ed, outage, down,
    disappear*, unacceptable, twice, double, overcharged, duplicate*, no one, nobody, nothing, no (response|reply|
    answer|luck|access|tracking|refund), still (no|not|waiting|see|seeing|get|getting|shows), gone""",
    """fehler*, kaputt, gesperrt, doppelt, zweimal, leider, geht _ nicht, nicht mehr, funktioniert _ nicht,
    kann _ nicht, können _ nicht""",
    """erreur*, impossible, bloqué*, problème*, panne, débité*, deux fois, ne (marche|fonctionne|peux|peut|
    reçois) _ (pas|plus)""",
    """no (funciona|puedo|podemos|me deja|he recibido|hemos recibido), fallo, falla*, cobrado, cobraron, duplicado,
    problema*, dos veces""",
    """não (funciona|consigo|recebi), erro, errore, non (funziona|riesco|posso), fout, werkt _ niet, kan _ niet,
    lukt _ niet""",
    """nicht (angekommen|erhalten|möglich|da|mehr da), nichts (erhalten|bekommen), pas (arrivé|reçu), no ha llegado,
    niet (aangekomen|ontvangen)""",
    "エラー, できません, できない, 動きません, 動かない, 届いていません, 届かない, 問題, 二重, 不具合",
    "错误, 无法, 不能, 失败, 问题, 没有收到, 重复, 出错",
    "ошибк*, не работает, не могу, не могут, проблем*, не пришл*, дважды, خطأ, لا يعمل, لا أستطيع, مشكلة, مرتين",
)

# The customer wants something.
WANT = Phrases(
    """(i|we) _ (want|need|would like|wanted|expect|demand|request|wish|insist), i'd like, we'd like, please, pls,
    kindly, how (do|can|to|should|long|much), is (it|there) (possible|any way|a way), help (me|us), refund me,
    trying to, looking (for|to), (can|could|would|will) (you|someone|somebody|anyone|i|we), wondering""",
    """bitte, ich (möchte|will|brauche|hätte), wir (möchten|wollen|brauchen), (können|könnten) (sie|wir), wie (kann|
    können)""",
    """je (voudrais|veux|souhaite), nous (voudrions|voulons|souhaitons), (pouvez|pourriez)-vous, s'il vous plaît,
    merci de""",
    """quiero, quisiera, queremos, necesito, necesitamos, por favor, pueden, podrían, quero, preciso, gostaria,
    poderiam""",
    "vorrei, voglio, ho bisogno, per favore, potete, ik wil, wij willen, graag, kunt u, kunnen jullie",
    "ください, お願い, たいです, たいの, でしょうか, ますか, 请, 想要, 需要, 能不能, 怎么, 可以吗",
    "хочу, хотим, нужно, пожалуйста, можете, верните, أريد, نريد, من فضلك, أرجو",
)

# Asks for help without saying with what.
GENERIC_WISH = Phrases(
    """please help, pls help, help me (please|asap), (can|could) (you|someone|anyone|anybody) _ help, need (some |your |)(help|
    assistance), (please|kindly) (advise|assist|respond|reply|look into), any help, bitte (um hilfe|helfen)""",
)

# A question, also without its mark; \uff1f and \u061f are the full-width and the Arabic one.
ASK = re.compile(r"(?i:[?\uff1f\u061f]\W*$|[か吗呢][。.]?$)")
ASK_WORD = re.compile(
    r"(?i:^(?:so |and |but |also |then )?(?:how|what|when|why|where|which|who|can|could|will|would|should|wann|warum|wo|wie|was|"
    r"quand|pourquoi|comment|cuándo|cómo|por qué) \w)"
)

# A remedy did not help.
FAILED = Phrases(
    """(didn't|did not|doesn't|does not|hasn't|has not|haven't) (work|worked|help|helped|fix*|solve*|change*|resolve*|
    arrive*), not work*, no (luck|change|difference|success|effect|improvement|joy|dice), to no avail, in vain,
    without (success|luck), nothing (changed|happened|happens|works|worked|helped|helps|came|arrived), (same|
    identical) (error|issue|problem|result|message|thing), (but|and) _ still, still (the same|get|getting|see|
    seeing|show|shows|say|says|fails|failing|not|no|broken|happening|happens|there|down|locked|stuck), still (have|
    having|crashes|crashing|double|can't|cannot|doesn't|isn't|won't|unable), failed, fails (again|too|as well),
    keeps (failing|crashing|happening|saying|asking|coming|showing|giving|logging|throwing|returning), (came|comes|
    is) back, (that|it|this) (won't|fails), already (tried|did|done) (that|this|it|all)""",
    """(funktioniert|geht|klappt|hilft) _ nicht, immer noch, weiterhin, hat (nicht|nichts) (geholfen|gebracht),
    gleiche Fehler*""",
    "toujours (pas|le même|la même|bloqué*), n'a (pas|rien) (marché|fonctionné|changé), même (erreur|problème)",
    """sigue _ (sin|igual|saliendo|fallando), no (funcionó|funciona|sirvió|ayudó), mismo (error|problema),
    não (funcionou|resolveu), ainda não""",
    "non funziona, non ha funzionato, ancora lo stesso, werkt _ niet, nog steeds",
    "直りません, 変わりません, 解決しません, だめでした, 同じエラー, まだ, 没用, 还是不, 仍然, 不管用",
    "не помог*, всё ещё, по-прежнему, та же ошибка, не сработал*, لم ينجح, ما زال, نفس الخطأ",
)

# A remedy did help.
WORKED = Phrases(
    """(that|it|this|everything|all) (works|worked|did it|helped|fixed|solved), works (now|again|fine|perfectly),
    fixed (it|now), (problem|issue) (is solved|is fixed|is resolved|solved|fixed|resolved|is gone), all (good|set|
    sorted) now, working (now|again)""",
    "(funktioniert|geht) (jetzt|wieder), ça marche, ya funciona, agora funciona, ora funziona, werkt (nu|weer)",
    "直りました, 解決しました, 好了, 解决了, заработал*, работает теперь, يعمل الآن",
)

# Our side tells the customer to do something.
REMEDY = Phrases(
    """try, trying, retry, restart*, re-start, reboot*, reinstall*, reconnect*, reauthori(z|s)e, re-enter, refresh*,
    reload, log out, log back, log in again, sign out, clear, clearing, delete, remove, disable, enable, turn (off|
    on), switch, unplug, update, upgrade, downgrade, regenerate, rotate, reset, replace, incognito, private window,
    different browser, another (browser|device|card|network), power cycle, go to, open (the|your|settings), click,
    head to, navigate, change your, set up, follow (the|these|this),
    check (your|the|that|whether|if|under|in), make sure, ensure""",
    """versuchen, probieren, starten Sie, löschen Sie, leeren Sie, prüfen Sie, installieren Sie, essayez, redémarrez,
    videz, vérifiez""",
    "intente, pruebe, reinicie, borre, limpie, verifique, tente, limpe, provi, riavvii, probeer, herstart",
    "お試し, 再起動, クリアして, ご確認ください, 再インストール, 尝试, 重启, 清除",
    "попробуйте, перезагрузите, очистите, جرب, أعد تشغيل",
)

# Our side did something itself.
DONE_BY_US = Phrases(
    """(i|we|i've|we've|i have|we have|have|has|been) (just |now |already |also |)(reset|refunded|resent|re-sent|
    reissued|re-issued|cleared|restarted|updated|removed|added|enabled|disabled|extended|credited|applied|unlocked|
    changed|corrected|cancelled|canceled|rolled back|resynced|re-synced|reran|re-ran|fixed|deployed|reshipped|
    reactivated|increased|switched|replaced|reindexed|reprocessed|triggered|sent (you|a|the|it))""",
    "(wir haben|ich habe) _ (zurückgesetzt|erstattet|geändert|freigeschaltet|gesendet)",
)

# Not a remedy though it has a remedy's verb: promises, and requests for information.
NOT_A_REMEDY = Phrases(
    """let me, i'll, i will, we'll, we will, one moment, i can, i'm going, i am going, allow me, you will, will be,
    (may|can|could) (i|we) (have|get|ask|know|take), would you (give|tell|provide|share), (provide|send|share|
    confirm|tell|give) (me|us|your|the|a) _ (number|id|name|email|e-mail|address|screenshot|logs|details)""",
)

# The customer tried something on their own.
TRIED = Phrases(
    """(i|we|i've|we've|i have|we have|and|also|already|even|then|have) (already |also |even |just |)(tried|restarted|
    cleared|reinstalled|rebooted|checked|followed|updated|logged (out|in|back)|switched|changed|deleted|reconnected|
    called|emailed|upgraded|disabled|turned (off|on)|swapped|replaced|ran|rotated|regenerated|rolled back|unplugged|
    removed|contacted|re-sent|resent|reset|signed (out|in)|waited|refreshed|reloaded|re-entered|
    downloaded), ^(tried|restarted|cleared|reinstalled|rebooted|checked|updated|
    switched|swapped|replaced|rotated|rolled back|unplugged|reset|power cycled)""",
    """(habe|haben) _ (versucht|probiert|neu gestartet|gelöscht|geleert|neu installiert), j'ai (essayé|redémarré|vidé|
    déjà essayé)""",
    """(he|hemos) (intentado|probado|reiniciado|borrado), tentei, reiniciei, ho (provato|riavviato|già provato),
    heb _ geprobeerd""",
    "試しました, 再起動しました, 試してみ, 我试过, 已经试, 重启了, пробовал*, перезагрузил*, جربت",
)

# Points back to what was proposed: the customer did that, not something of their own.
POINTS_BACK = Phrases(
    """that, this, these, those, both, all of it, your (suggestion|steps|instructions|link), as you (said|suggested)""",
)

# Time that matters to the customer.
DEADLINE = Phrases(
    """(by|before|until) (today|tomorrow|tonight|noon|midnight|monday|tuesday|wednesday|thursday|friday|saturday|
    sunday|the end of|end of|close of|eod|eow|next|this (week|month|evening|afternoon)), (by|before|until) \\d+ (am|
    pm), (by|before) \\d+(am|pm), deadline*, due (on|today|tomorrow|by|in), (go|goes|going) live, launch* (on|in|
    today|tomorrow|this|next), asap, urgent*, immediately, right now, time-sensitive, (flight|wedding|audit|payroll|
    demo|event) (is|on|in|tomorrow|today|runs)""",
    """bis (heute|morgen|spätestens|montag|dienstag|mittwoch|donnerstag|freitag|ende), dringend, avant (demain|lundi|
    vendredi|la fin)""",
    "urgente, antes del (lunes|viernes|fin), antes de mañana, 至急, までに, 紧急, срочно, عاجل",
)

# How many are hit, and what it costs.
IMPACT = Phrases(
    """(all|every|none) _ (user|users|customer|customers|staff|employees|team|teams|store|stores|orders|accounts|
    agents|shops), everyone, everybody, nobody can, no one can, (whole|entire) (company|team|office|site),
    \\d+ (users|people|customers|orders|employees|agents|seats|stores|colleagues|shipments|drivers|warehouses),
    in production, production is, outage, data loss, losing (money|sales|customers|orders|data), lost (sales|orders|
    data|revenue), revenue, payroll""",
    """alle (unsere |meine |)(nutzer|kunden|mitarbeiter), tous (nos|les) (clients|utilisateurs), todos (nuestros|
    los) (clientes|usuarios)""",
    "全員, 全ユーザー, 本番, 所有用户, 所有客户, все пользователи, все клиенты, جميع المستخدمين",
)

# What the customer has found not to be the cause.
RULED_OUT = Phrases(
    """(other|different|another) _ (user|users|browser|browsers|device|devices|computer|phone|account|accounts|card|
    network|colleagues), (it's|it is|is) not (the|my|our) \\w+, in (every|all|any) browsers, in every browser,
    works _ (on|in|for|with|elsewhere)""",
)

_HELLO = (
    r"hi|hello|hey|howdy|dear|good (?:morning|afternoon|evening|day)|greetings|"
    r"hallo|guten tag|bonjour|hola|buenos días|ciao|olá|hej"
)
_FINE = (
    r"ok|okay|yes|no|sure|great|perfect|nope|yep|yeah|right|fine|got it|exactly|bye|take care|will do|done|please|"
    r"ja|nein|oui|non|sí|claro"
)
_THANKS = r"thanks|thank you|thx|ty|cheers|danke|merci|gracias|obrigad[oa]|grazie|bedankt"

# Says nothing about the matter.
SMALL_TALK = (
    re.compile(rf"(?i:^(?:{_HELLO}|привет|здравствуйте|добрый день|مرحبا)(?:\W+[\w'.-]+){{0,3}}\W*$)"),
    re.compile(rf"(?i:^(?:(?:many|great|ok|perfect|okay|sure|no)\W+)?(?:{_THANKS})(?:\W+[\w']+){{0,6}}\W*$)"),
    re.compile(rf"(?i:^(?:{_FINE}|no worries|no problem|that'?s (?:all|it)|have a \w+ \w+)(?:\W+[\w']+){{0,3}}\W*$)"),
    re.compile(r"(?i:^(?:i )?hope (?:you|this|all)\b.{0,60}$|^my name is\b.{0,60}$|^sorry\W+(?:\w+\W+){0,3}$)"),
    re.compile(r"^(?:I'm|I am|This is) [A-Z]\w+(?: [A-Z]\w+)?\W*$|^(?:こんにちは|お世話になって(?:おり|い)ます|您好|你好)\W*$"),
)

# Ends the conversation from the customer's side: nobody waits for an answer to it.
FAREWELL = re.compile(
    rf"(?i:^(?:(?:many|great|ok|perfect|okay|no|and)\W+)?(?:{_THANKS})(?:\W+[\w']+){{0,6}}\W*$|"
    r"^(?:bye|goodbye|take care|that'?s (?:all|it)|no worries|all good|have a (?:great|nice|good) \w+)(?:\W+[\w']+){0,4}\W*$)"
)

# Asks only whether anybody is there.
NUDGE = re.compile(
    r"(?i:^(?:(?:hello|hi|hey)\W+)?(?:any (?:update|news|progress)|are you (?:still )?there|any(?:one|body) (?:there|here)|"
    r"ping|bump|"
    r"(?:still )?waiting|following up|just (?:checking|following)|gibt es neuigkeiten|des nouvelles|alguna novedad)\b.{0,60}$|"
    r"^\W+$)"
)

_GREETING = re.compile(
    rf"(?i:^(?:{_HELLO}|liebes?|sehr geehrte\w*)(?: [\w'.-]+){{0,3}}\s*[,!.:\u2014-]+\s*)",
)


def without_greeting(sentence: str) -> str:
    """The sentence without "Hi team," before it."""
    return _GREETING.sub("", sentence, count=1) or sentence


def is_small_talk(sentence: str) -> bool:
    """True for greetings, thanks, yes and no, and "any update?"."""
    return len(sentence) <= 120 and any(talk.search(sentence) for talk in (*SMALL_TALK, NUDGE))
