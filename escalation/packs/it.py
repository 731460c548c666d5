"""Italian phrases, by table."""

TABLES = {
    "PROBLEM": """
        non (funziona|riesco|posso|arriva|è arrivato), errore, errori, problema, bloccat*, rifiutat*, sbagliat*, due
        volte""",
    "WANT": "vorrei, voglio, ho bisogno, per favore, potete, potreste, può, è possibile, posso",
    "FAILED": """
        non ha (funzionato|risolto|aiutato), ancora lo stesso, stesso (errore|problema), nessun cambiamento, senza
        successo, sempre uguale""",
    "NEGATIVE": "non, niente, nulla, nessun*, mai, ancora, ma, sempre, stesso, peggio",
    "CALM": "(nessuna|senza|non c'è|non ho) fretta, non è urgente, nessun problema, senza problemi",
    "WORKED": "ora funziona, adesso funziona, (è |)(risolto|sistemato), ha funzionato",
    "RELAPSE": "all'inizio, per un'ora, un po' meglio",
    "REMEDY": """
        provi, riprovi, riavvii, cancelli, verifichi, controlli, disinstalli, reinstalli, aggiorni, cambi, scolleghi,
        clicchi, prova a""",
    "DONE_BY_US": "(ho|abbiamo) (già |)(\\w+ato|\\w+ito|\\w+uto|rimesso|aperto|chiesto|inviato|fatto)",
    "NOT_DONE": "(ho|abbiamo) (visto|letto|ricevuto|capito|trovato|notato|verificato)",
    "NOTED": "^(riavviato|spostato|cambiato|rimosso|inviato|aggiornato)",
    "NOT_A_REMEDY": "(può|potrebbe) (dirmi|inviarmi|indicarmi|confermar*), le farò",
    "TRIED": """
        ho (provato|riavviato|già provato|cambiato|reinstallato|chiamato|controllato), abbiamo
        (provato|riavviato|cambiato)""",
    "ACT": "(cambiato|chiamato|controllato)",
    "POINTS_BACK": "questo, quello, fatto, tutto",
    "BESIDES": "anche, inoltre",
    "PROMISE": """
        (la|ti|vi|le) (richiamo|richiamerò|contatterò|contatteremo|aggiorno|aggiornerò|invierò|faremo sapere), verrà,
        riceverà""",
    "WHEN": "oggi, domani, entro, stasera, lunedì, martedì, mercoledì, giovedì, venerdì, appena",
    "DEADLINE": "urgente, entro (oggi|domani|venerdì|lunedì|il \\d+)",
    "IMPACT": "tutti (i nostri|gli|i) (clienti|utenti)",
    "RULED_OUT": "non è (il|la|colpa|un problema), non dipende, con un altro",
    "ASK_WORD": "^(e |)(quando|come|perché|chi|dove|quale|quanto|posso|potete|è possibile)",
}
