"""Spanish phrases, by table."""

TABLES = {
    "PROBLEM": """
        no (funciona|puedo|podemos|me deja|he recibido|hemos recibido), fallo, falla*, cobrado, cobraron, duplicado,
        problema*, dos veces, no ha llegado, no lleg(ó|aron), rechaz*, error, nadie, nada, perdid*, tampoco, sin
        (datos|respuesta)""",
    "WANT": """
        quiero, quisiera, queremos, necesito, necesitamos, por favor, pueden, podrían, puedo, podemos, me gustaría,
        podéis, puedes, cómo (pido|puedo|hago)""",
    "GENERIC_WISH": "necesito ayuda",
    "FAILED": """
        sigue _ (sin|igual|saliendo|fallando|rechazando), no (funcionó|funciona|sirvió|ayudó|ha servido|ha
        funcionado|resolvió), mismo (error|problema|resultado|mensaje), no ha servido, me han vuelto a, sin
        (éxito|cambios|resultado), tampoco, igual que antes""",
    "NEGATIVE": """
        no, nada, nadie, nunca, tampoco, sigue*, otra vez, pero, mismo, mismos, ni, solo, rechazad*, aún, todavía, peor,
        sin, ya lo""",
    "CALM": "(no hay|sin|ninguna) (prisa|urgencia), no (es|corre) (urgente|prisa), (no hay|sin|ningún) (problema|problemas)",
    "WORKED": "ya funciona, (ahora|así) (sí |)funciona, sí funciona, (está |)(resuelto|solucionado|arreglado), ha funcionado",
    "RELAPSE": "al principio, un rato, por (una|unas) hora*, un poco mejor, luego _ (otra vez|de nuevo)",
    "REMEDY": """
        intente, inténtelo, intenta, pruebe, prueba a, reinicie, reinicia, borre, borra, limpie, limpia, verifique,
        verifica, compruebe, comprueba, cambie, cambia, conecte, desconecte, actualice, actualiza, desinstale, instale,
        instala, cierre, vuelva a, vuelve a, haga clic, abra, configure, desactive, active, espere, por favor
        (reinicie|compruebe|pruebe|cambie), puedes (consultar|probar|cambiar|descargar), puede
        (probar|reiniciar|consultar|cambiar)""",
    "DONE_BY_US": """
        (he|hemos) vuelto a, (he|hemos) (ya |también |)(\\w+ado|\\w+ido|enviado|hecho|puesto), (la|lo|los|las|te|le)
        (pusimos|enviamos|envié|puse), acabo de, puedo ofrecer*,
        ^(envié|creé|actualicé|reinicié|llamé|abrí|cambié|reactivé|solicité)""",
    "NOT_DONE": """
        (he|hemos) (visto|leído|recibido|encontrado|entendido|detectado|comprobado|notado), hemos abierto una incidencia""",
    "NOTED": """
        ^(reactivado|reiniciado|cambiado|actualizado|enviado|borrado|solicitado|movido|eliminado)*, reactivado en,
        reenviado""",
    "NOT_A_REMEDY": """
        (puede|puedes|podría) (decirme|enviarme|darme|indicarme|confirmar*), por favor
        (envíe|indique|díganos|facilite)*, voy a, le confirmaré, deberíamos tener""",
    "TRIED": """
        (he|hemos|lo hemos|la hemos|también hemos)
        (intentado|probado|reiniciado|borrado|llamado|cambiado|comprobado|instalado|actualizado|preguntado),
        ^(probé|reinicié|cambié|llamé|fui|cancelé|borré|cambiamos|probamos|reiniciamos|creé), y probé,
        (cancelé|llamé|probé|reinicié|fui (a|al))""",
    "ACT": "(llamado|cambiado|comprobado|instalado|actualizado|preguntado|cambié|llamé|fui|cancelé|borré|cambiamos|creé)",
    "POINTS_BACK": "eso, esto, todo eso, lo hice, ya lo, sus instrucciones, lo hemos hecho",
    "BESIDES": "también, además",
    "PROMISE": """
        (le|te|les|os|lo|la)
        (llamará*|avisaré|confirmaré|escribiré|llamaré|diré|contactar*|enviar*|mantendré|informar*|llamo|aviso|confirmo|
        escribo),
        voy a, vamos a, (llamaremos|avisaremos|enviaremos|contactaremos|llamará|recibirá*|revisaremos)""",
    "NO_PROMISE": "vamos a ver",
    "WHEN": """
        hoy, mañana, esta (tarde|noche|semana), en cuanto, antes de*, el (lunes|martes|miércoles|jueves|viernes),
        (lunes|martes|miércoles|jueves|viernes)""",
    "DEADLINE": """
        urgente, antes del (lunes|viernes|fin), antes de mañana, plazo, hasta el
        (lunes|martes|jueves|viernes|sábado|\\d+)""",
    "IMPACT": """
        todos (nuestros|los) (clientes|usuarios), todas las (tarjetas|tiendas), hemos perdido, \\d+
        (facturas|clientes|usuarios)""",
    "RULED_OUT": """
        (no es|así que no es|que no es) (el|la|cosa|problema), no es la, funciona (bien|en)*, ahí sí funciona, con otr*,
        no la tienen, nada ha cambiado, funcionan bien""",
    "ASK_WORD": "^(y |)(cuándo|cómo|por qué|qué|quién|dónde|cuál|cuánto|hay|nos van|pueden|puedo|podemos)",
}
