"""Dutch phrases, by table."""

TABLES = {
    "PROBLEM": """
        fout*, werkt _ niet, kan _ niet, lukt _ niet, niet (aangekomen|ontvangen), geblokkeerd, geweigerd, kapot,
        dubbel, verkeerd*""",
    "WANT": "ik wil, wij willen, graag, kunt u, kunnen jullie, alstublieft, ik heb _ nodig, kan ik",
    "FAILED": """
        nog steeds, hielp niet, heeft niet geholpen, zelfde (fout|probleem), zonder resultaat, geen
        (verschil|verandering|effect)""",
    "NEGATIVE": "niet, niets, geen, niemand, nooit, nog steeds, maar, weer, zelfde, alleen, verkeerd",
    "CALM": "(geen|zonder) (haast|probleem|problemen), niet dringend",
    "WORKED": "werkt (nu|weer), (is |)opgelost, heeft geholpen",
    "RELAPSE": "eerst wel, even, een uur, iets beter",
    "REMEDY": """
        probeer, herstart, controleer, verwijder, installeer, wis, schakel, start _ opnieuw, klik, wijzig, kunt u
        proberen""",
    "DONE_BY_US": "(ik heb|we hebben|wij hebben) _ (\\w*ge\\w+|hersteld|verzonden|verwijderd|aangepast)",
    "NOT_DONE": "(ik heb|we hebben|wij hebben) _ (gelezen|gezien|ontvangen|begrepen|gevonden)",
    "NOTED": "(teruggezet|gereset|herstart|verplaatst|aangepast|verwijderd)",
    "NOT_A_REMEDY": "kunt u (mij|ons) _ (sturen|geven|vertellen), ik zal",
    "TRIED": "heb _ geprobeerd, hebben _ geprobeerd, heb _ (herstart|gewisseld|verwijderd|gebeld|gecontroleerd)",
    "ACT": "(gewisseld|verwijderd|gebeld|gecontroleerd)",
    "POINTS_BACK": "dat, dit, gedaan, alles",
    "BESIDES": "ook, bovendien",
    "PROMISE": "ik (zal|ga|bel|laat), we (zullen|gaan|bellen|laten), u (ontvangt|hoort|krijgt)",
    "WHEN": """
        vandaag, morgen, vanavond, uiterlijk, voor (maandag|vrijdag), maandag, dinsdag, woensdag, donderdag, vrijdag,
        zodra""",
    "DEADLINE": "dringend, voor (morgen|maandag|vrijdag|het einde)",
    "IMPACT": "al onze (klanten|gebruikers), alle (klanten|gebruikers)",
    "RULED_OUT": "ligt niet aan, is niet de, met een ander*",
    "ASK_WORD": "^(en |)(wanneer|hoe|waarom|wie|waar|welke|kan|kunt u|kunnen)",
}
