"""Portuguese phrases, of Brazil and of Portugal, by table."""

TABLES = {
    "PROBLEM": """
        não (funciona|consigo|conseguimos|recebi|chegou|cai|caem|caiu|sai|saiu), erro*, errad*, problema*, falha*,
        rejeiç*, lent*, ninguém, nada, nenhum*, inválid*, devolvid*, pior, parad*""",
    "WANT": """
        quero, queria, preciso, precisamos, gostaria, poderiam, podem, pode, por favor, dá (pra|para), existe alguma,
        posso, tem como""",
    "GENERIC_WISH": "preciso de ajuda",
    "FAILED": """
        não (funcionou|resolveu|adiantou|mudou|caiu|deu certo), ainda não, continua*, (mesma|mesmo)
        (rejeição|erro|problema|resultado), sem (resultado|sucesso|melhora|efeito), ficou pior, outra vez, de novo
        (deu|o erro)""",
    "NEGATIVE": """
        não, nada, ninguém, nunca, nenhum*, continua*, ainda, mas, pior, mesma, mesmo, outra vez, tampouco, sem, só,
        errado, agora a rejeição""",
    "CALM": "(sem|não há|não tem|não tenho|nenhuma) (pressa|urgência), não é urgente, (sem|nenhum) (problema|problemas)",
    "WORKED": """
        agora (funciona|funcionou), já funciona, (está |foi |)(resolvido|solucionado), deu certo, funcionou, (tem|com) o
        nome certo""",
    "RELAPSE": "no início, por (uma|umas) hora*, um pouco melhor, depois parou, não funcionou",
    "REMEDY": """
        tente, reinicie, limpe, verifique, aguarde, faça o, faça um, altere, confira, cadastre, corrija, atualize,
        desinstale, instale, desligue, ligue, troque, clique, acesse, abra, configure, desative, ative, descarregue,
        pode (testar|tentar|verificar|reiniciar|emitir), experimente, por favor (reinicie|tente|altere)""",
    "DONE_BY_US": """
        ^(eu |já |nós
        |)(atualizei|inutilizei|reenviei|enviei|troquei|alterei|reiniciei|gerámos|geramos|criei|liguei|pedi|solicitei|
        liberei|desbloqueei|corrigi|ajustei|resetei|limpei|mudei|abri|reabri|fizemos|atualizámos|corrigimos|enviámos),
        (atualizei|reenviei|inutilizei|troquei|gerámos|pedi a)""",
    "NOT_DONE": "(encontramos|recebemos|identificamos|verifiquei|recebi|entendi|entendemos)",
    "NOTED": """
        (troquei|limpei|reiniciei|alterei|atualizei|pedi|reenviei|mudei|removi), correção manual,
        ^(trocado|reiniciado|alterado|removido|limpo)""",
    "NOT_A_REMEDY": "(pode|poderia) (me |nos |)(enviar|informar|dizer|confirmar), vou (verificar|agendar|pedir|confirmar)",
    "TRIED": """
        tentei, testei, reiniciei, troquei, liguei, limpei, reinstalei, (já |também
        |)(limpamos|testamos|trocamos|reiniciamos|tentamos|ligamos|reinstalamos), alteramos, corrigi, cadastrei""",
    "ACT": "(troquei|liguei|trocamos|ligamos|alteramos|corrigi|cadastrei)",
    "POINTS_BACK": "isso, isto, fiz isso, já fiz, tudo isso, suas instruções",
    "BESIDES": "também, além disso",
    "PROMISE": """
        vou, vamos, (te|lhe) (aviso|ligo|informo|damos), damos-lhe,
        (confirmo|enviarei|avisarei|ligarei|retornarei|enviaremos|daremos|avisaremos|retorno), vai
        (corrigir|ligar|entrar)""",
    "NO_PROMISE": "vamos ver",
    "WHEN": """
        hoje, amanhã, até (amanhã|sexta|quinta|segunda|terça|quarta|o fim|dia)*, (na
        |)(segunda|terça|quarta|quinta|sexta)*, assim que""",
    "DEADLINE": "urgente, urgência, até (amanhã|segunda|sexta|dia \\d+|hoje), prazo",
    "IMPACT": "todos os (clientes|usuários|utilizadores), estamos parados, está parado",
    "RULED_OUT": "(então |)não é (o|a), não é do, está ativa, em outro*, tudo certo",
    "ASK_WORD": "^(e |)(quando|como|por que|quem|onde|qual|quanto|a que horas|existe|podem|posso|vocês vão)",
}
