"""German phrases, by table."""

TABLES = {
    "PROBLEM": """
        fehler*, kaputt, gesperrt, doppelt, zweimal, leider, geht _ nicht, nicht mehr, funktioniert _ nicht, kann _
        nicht, können _ nicht, nicht (angekommen|erhalten|möglich|da|mehr da), nichts (erhalten|bekommen), falsch*,
        bricht _ ab, abgebucht, niemand, kein*, zu (hoch|langsam)""",
    "WANT": """
        bitte, ich (möchte|will|brauche|hätte), wir (möchten|wollen|brauchen), (können|könnten) (sie|wir), wie
        (kann|können), kann ich, würde gern*, dürfen wir, wir bitten""",
    "GENERIC_WISH": "bitte (um hilfe|helfen)",
    "FAILED": """
        (funktioniert|geht|klappt|hilft) _ nicht, immer noch, weiterhin, hat (nicht|nichts|also nicht|leider nicht)
        (geholfen|gebracht|geklappt|funktioniert), gleiche* Fehler*, selbe* fehler*, keine (besserung|änderung|wirkung),
        ohne erfolg, keine lösung, nach wie vor, hilft (mir|uns) nicht, trotzdem""",
    "NEGATIVE": """
        nicht, nichts, kein*, niemand, nie, immer noch, noch immer, weiterhin, wieder, aber, leider, trotzdem, nur,
        falsch*, statt, zu (langsam|spät|klein|hoch), ein witz, bleibt""",
    "CALM": "keine (eile|hektik|probleme|sorge*), kein (problem|stress), nicht (eilig|dringend)",
    "WORKED": """
        (funktioniert|geht|läuft) (jetzt|wieder), hat (geholfen|geklappt), läuft es, ohne abbruch, fehler ist weg,
        (problem|fehler) (ist |)(gelöst|behoben), hält (die verbindung|jetzt)""",
    "RELAPSE": "(aber|jedoch) (sie|es|er|viel) _ (zu |)langsam, zuerst, kurz*, viel zu langsam, für (eine|zwei|ein paar)",
    "REMEDY": """
        versuchen, probieren, starten Sie, löschen Sie, leeren Sie, prüfen Sie, installieren Sie, bitte
        (stellen|laden|schalten|melden|geben|öffnen|wechseln|trennen|verbinden|aktualisieren|prüfen|starten|löschen|
        tragen|setzen|ändern|nehmen|verwenden|wählen|klicken|drücken|deinstallieren|aktivieren|deaktivieren|warten)
        (sie|), (könnten|können|würden) sie (bitte |testweise |einmal |den |die |das |)_
        (installieren|prüfen|testen|versuchen|starten|löschen|einstellen|wechseln), könnten sie testweise, wir bitten
        sie, *en sie bitte""",
    "DONE_BY_US": """
        (wir haben|ich habe|habe ich|haben wir), wurde von uns, kann ihnen _ anbieten, kann ich ihnen _ anbieten,
        (ist|wurde) (freigeschaltet|zurückgesetzt|erstattet)""",
    "NOT_DONE": """
        (wir haben|ich habe|habe ich|haben wir) _ (gelesen|gesehen|verstanden|erhalten|gefunden|festgestellt), das an
        unsere""",
    "NOTED": """
        ge(setzt|ändert|löscht|startet), * auf \\d+ gesetzt, (zurückgesetzt|angeschrieben|neu
        gestartet|umgestellt|entfernt|gelöscht|geändert|freigeschaltet|angepasst)""",
    "NOT_A_REMEDY": """
        (könnten|können|würden) sie (mir|uns) _ (senden|schicken|nennen|mitteilen|sagen|geben), bitte
        (senden|schicken|nennen|teilen|geben) sie (mir|uns), bitte haben sie, wir melden uns, ich melde""",
    "TRIED": """
        (habe|haben) _ (versucht|probiert|neu gestartet|gelöscht|geleert|neu
        installiert|geprüft|getestet|nachgefragt|angerufen|gewechselt|getauscht|installiert|umgestellt|ausprobiert|
        zurückgesetzt),
        (haben wir|habe ich) (auch |bereits |schon |)_ (geprüft|versucht|getestet|probiert)""",
    "ACT": "(geprüft|nachgefragt|angerufen|gewechselt|getauscht|installiert|umgestellt|gelöscht|getestet)",
    "POINTS_BACK": "das, haben wir gemacht, habe ich gemacht, alles, beides, ihre* (anleitung|vorschlag)",
    "BESIDES": "auch, außerdem, zusätzlich",
    "PROMISE": """
        (ich|wir) _ (melde|melden), melde mich, melden uns, (rufe|rufen) _ (an|zurück), sie (erhalten|bekommen|hören),
        (ich|wir)
        (werde|werden|kläre|klären|frage|fragen|prüfe|prüfen|sende|senden|schicke|schicken|leite|kümmere|kümmern), kann
        ihnen _ anbieten""",
    "NO_PROMISE": "wir bitten sie",
    "WHEN": """
        heute, morgen, spätestens, bis (montag|dienstag|mittwoch|donnerstag|freitag|ende|zum|\\d+), (am|nächste*|diese*)
        (montag|dienstag|mittwoch|donnerstag|freitag|woche), montag, dienstag, mittwoch, donnerstag, freitag, sobald""",
    "DEADLINE": """
        bis (heute|morgen|spätestens|montag|dienstag|mittwoch|donnerstag|freitag|ende), dringend, frist, bis zum \\d+""",
    "IMPACT": """
        alle (unsere |meine |)(nutzer|kunden|mitarbeiter|kollegen), bei allen, \\d+ (rechner|nutzer|mitarbeiter|kunden)""",
    "RULED_OUT": """
        daran (liegt|kann) es nicht, liegt _ nicht (an|am), nicht (am|an der|an dem), auf anderen (geräten|rechnern), in
        allen browsern, (ist|sind) (offen|in ordnung), mit anderen, hat sich nichts geändert""",
    "ASK_WORD": "^(und |)(wann|warum|wo|wie|was|wer|welche*|kann|können|dürfen|darf|ob)",
}
