"""French phrases, by table."""

TABLES = {
    "PROBLEM": """
        erreur*, impossible, bloqué*, problème*, panne, débité*, deux fois, ne (marche|fonctionne|peux|peut|reçois) _
        (pas|plus), pas (arrivé|reçu), rejet*, refus*, rien (reçu|ne), aucun*, toujours (rien|pas), plus rien, perdu*""",
    "WANT": """
        je (voudrais|veux|souhaite|souhaiterais|demande), nous (voudrions|voulons|souhaitons), (pouvez|pourriez)-vous,
        s'il vous plaît, merci de, peut-on, puis-je, (serons|sommes)-nous, comment (je|puis|faire)""",
    "GENERIC_WISH": "besoin d'aide",
    "FAILED": """
        toujours (pas|le même|la même|bloqué*|code|rien|autant), n'a (pas|rien) (marché|fonctionné|changé|résolu), même
        (erreur|problème|rejet|résultat|message), (aucun|pas de) (changement|effet|résultat), ne
        (change|marche|fonctionne) (rien|pas), sans (succès|effet), encore (bloqué*|rejeté*|refusé*), (c'est |)identique,
        de nouveau arrêté*, reste bloqué*, pareil, c'est pareil, ça ne change""",
    "NEGATIVE": """
        pas, rien, aucun*, personne, jamais, toujours, encore, mais, même, ni, plus, refusé*, rejeté*, refuse, pareil,
        seulement, un peu, identique, inchangé""",
    "CALM": "(pas|rien|aucune|sans) (d'|de |)(urgent|urgence|pressé|problème|souci|presse), aucun (problème|souci)",
    "WORKED": "ça (marche|fonctionne), (cela|tout) fonctionne, (c'est|est) (résolu|réglé), marche (maintenant|à nouveau)",
    "RELAPSE": """
        un peu mieux, au début, pendant (une|deux|quelques), (avancé|fonctionné) _ (puis|et|jusqu'à), puis de nouveau""",
    "REMEDY": """
        essayez, réessayez, redémarrez, redémarrer, videz, vérifiez, veuillez, merci de, ajoutez, activez, désactivez,
        supprimez, installez, désinstallez, cliquez, ouvrez, changez, débranchez, rebranchez, connectez, déconnectez,
        utilisez, patientez, mettez à jour, lancez, relancez, pouvez-vous (essayer|vérifier|redémarrer|tester|ajouter),
        je vous invite à""",
    "DONE_BY_US": """
        (puis|peux) vous (offrir|proposer), (j'ai|nous avons|on a) (bien |déjà |aussi |)_
        (\\w+é|\\w+ée|\\w+és|\\w+i|\\w+u|\\w+ert|\\w+is|fait|mis|remis)""",
    "NOT_DONE": "(j'ai|nous avons) (bien |)(lu|vu|reçu|compris|constaté|identifié|noté|trouvé)",
    "NOTED": """
        ^(relancé|déplacé|redémarré|supprimé|vidé|remis|réinitialisé|modifié|changé|renvoyé|activé|désactivé|augmenté)*,
        (envoyé|demandé|relancé|déplacé)e?""",
    "NOT_A_REMEDY": """
        (pouvez|pourriez)-vous (me|nous) (dire|envoyer|donner|confirmer|préciser), merci de (nous|me)
        (envoyer|donner|indiquer|confirmer), veuillez (patienter|agréer|nous excuser|recevoir), je vais, avez-vous""",
    "TRIED": """
        (j'ai|nous avons|on a) (déjà |aussi |tous |toutes
        |)(essayé|redémarré|vidé|demandé|testé|vérifié|changé|appelé|réinstallé|supprimé|désinstallé|contacté|relancé),
        (collègue|mari|femme) a (testé|essayé)""",
    "ACT": "(demandé|vérifié|changé|appelé|supprimé|contacté)",
    "POINTS_BACK": "cela, ça, ceci, tout cela, vos (instructions|étapes), je l'ai fait, c'est fait",
    "BESIDES": "aussi, également, en plus",
    "PROMISE": """
        je (vais|reviens|vous (tiens|recontacte|rappelle|envoie|appelle|tiendrai|rappellerai)|transmets), nous
        (allons|reviendrons|vous (tiendrons|rappellerons|contacterons)), vous
        (appellera|rappellera|contactera|recevrez|aurez), (tiens|tenons) au courant, reviens vers vous""",
    "NO_PROMISE": "je vais bien",
    "WHEN": """
        aujourd'hui, demain, ce (soir|matin), d'ici, avant (lundi|mardi|mercredi|jeudi|vendredi|la fin|demain|le \\d+),
        lundi, mardi, mercredi, jeudi, vendredi, sous \\d+, dès que""",
    "DEADLINE": "avant (demain|lundi|mardi|mercredi|jeudi|vendredi|la fin|le \\d+), urgent*, délai*, au plus vite",
    "IMPACT": "tous (nos|les) (clients|utilisateurs|postes|collègues), \\d+ (postes|clients|utilisateurs), coûte",
    "RULED_OUT": """
        (ce |)n'est (donc |)pas (lié|la|le|ma|mon|notre|dû), (autre|autres) _ (ça|cela) (marche|fonctionne), rien n'a
        changé, ça marche, cela fonctionne, sur (un|d') autre*""",
    "ASK_WORD": "^(et |)(quand|pourquoi|comment|que|qui|quel*|où|peut-on|est-ce|pouvez-vous|serons-nous|combien)",
}
