"""English phrases, by table."""

TABLES = {
    "PROBLEM": """
        can't, cannot, can not, couldn't, won't, doesn't, does not, didn't, did not, isn't, is not, aren't, don't
        (work|get|see|have|receive|know), unable, error*, fail*, broken, crash*, stuck, wrong, missing, lost, never,
        declined, rejected, refused, denied, locked, blocked, expired, delayed, late, damaged, problem*, issue*, bug*,
        timeout*, timed out, times out, slow, blank, freezes, frozen, froze, hacked, unauthori(z|s)ed, outage, down,
        disappear*, unacceptable, twice, double, overcharged, duplicate*, no one, nobody, nothing, no
        (response|reply|answer|luck|access|tracking|refund), still (no|not|waiting|see|seeing|get|getting|shows), gone""",
    "WANT": """
        (i|we) _ (want|need|would like|wanted|expect|demand|request|wish|insist), i'd like, we'd like, please, pls,
        kindly, how (do|can|to|should|long|much), is (it|there) (possible|any way|a way), help (me|us), refund me,
        trying to, looking (for|to), (can|could|would|will) (you|someone|somebody|anyone|i|we), wondering, what
        (should|do) (i|we), my \\w+ (wants|needs|insists), who (pays|decides)""",
    "GENERIC_WISH": """
        please help, pls help, help me (please|asap), (can|could) (you|someone|anyone|anybody) _ help, need (some |your
        |)(help|assistance), (please|kindly) (advise|assist|respond|reply|look into), any help, yes please, agent
        please, (talk|speak) to (someone|somebody) please""",
    # A remedy did not help.
    "FAILED": """
        (didn't|did not|doesn't|does not|hasn't|has not|haven't)
        (work|worked|help|helped|fix*|solve*|change*|resolve*|arrive*|come|make), not work*, no
        (luck|change|difference|success|effect|improvement|joy|dice|better|result*), to no avail, in vain, without
        (success|luck), nothing (changed|happened|happens|works|worked|helped|helps|came|arrived), (same|identical)
        (error|issue|problem|result|message|thing|outcome), (but|and) _ still, ^still, still (the
        same|get|getting|see|seeing|show|shows|say|says|fails|failing|not|no|broken|happening|happens|there|down|locked|
        stuck|blank|offline|stops|missing|wrong|double|active|comes|complains|aborts),
        still (have|having|crashes|crashing|can't|cannot|doesn't|isn't|won't|unable), failed, fails (again|too|as
        well|the same|at|with), keeps
        (failing|crashing|happening|saying|asking|coming|showing|giving|logging|throwing|returning), (came|comes|is)
        back, (that|it|this) (won't|fails), already (tried|did|done) (that|this|it|all), got worse, is worse, (don't|do
        not|didn't) want, (not|isn't) enough, no solution, no workaround, ^nope, ^nothing, unchanged,
        (stopped|stops|crashes|drops|dropped|fails|failed) again, (does|do|did) the same (thing|), (brought|gave)
        nothing, (closes|crashes|fails|stops|declined|rejected|refused|empty|blank|dead) too""",
    # Says "no" in any way: after a remedy this is a verdict, anywhere else it is not.
    "NEGATIVE": r"""
        not, no, none, nothing, nobody, never, neither, nor, \w+n\'t, dont, doesnt, didnt, cant, wont, isnt, wasnt,
        hasnt, havent, arent, couldnt, still, again, same, wrong, worse, only, but, useless, without, lost,
        instead, remains, too (slow|late|small|big),
        complain*, yet, oh come on, already, greyed out, (is|it's|are|stays)
        (grey|gray|empty|blank|invalid|expired|dead), closes, hangs, ends with, says, (goes|turns|light|it's) red, rejects,
        rejected, now (it|the), slightly, stopped, stops""",
    # Has a "no" or a "problem", but says that nothing presses or is wrong.
    "CALM": """
        (no|not any|without any|not a) (hurry|rush|problem|problems|worries|pressure|trouble), not (urgent|in a hurry|in a
        rush), no (need to|time pressure|big deal)""",
    # A remedy did help.
    "WORKED": """
        (that|it|this|everything|all) (works|worked|did it|helped|fixed|solved), since then no, works
        (now|again|fine|perfectly), fixed (it|now), (problem|issue) (is solved|is fixed|is
        resolved|solved|fixed|resolved|is gone), all (good|set|sorted) now, working (now|again), worked
        (for|now|like|perfectly), (message|error|problem|warning) is gone, (went|goes|came|gone) through, it opens, is
        (stable|fine now|back now), confirmed, now imports completely, (run|import|job|export) (completed|finished), it
        (opens|prints|loads|starts) (now|again), is back, the connection (holds|is stable)""",
    # It helped for a while, or a little.
    "RELAPSE": """
        then (it |the |they |)_ again, again after, for (an hour|a while|ten minutes|a few|a day|a bit|one|two|five), at
        first, (then|and) _ (stopped|dropped|drops|blank|late|failed|fails) (again|), (a little|slightly|a bit|somewhat)
        (better|faster), on the first, an hour later, but not gone, labels ok and then, went through this time""",
    # Our side tells the customer to do something.
    "REMEDY": """
        try, trying, retry, restart*, re-start, reboot*, reinstall*, reconnect*, reauthori(z|s)e, re-authori(z|s)ing,
        re-enter, refresh*, reload, log out, log back, log in again, toggle, toggling, forget the, sign
        out, sign in again, clear, clearing, delete,
        remove, disable, enable, turn (off|on), switch, switching, unplug, update, upgrade, downgrade, regenerate,
        rotate, reset, replace, incognito, private window, different browser, another (browser|device|card|network),
        power cycle, go to, open (the|your|settings), click, head to, navigate, change your, set up, follow
        (the|these|this), check (your|the|that|whether|if|under|in|again), make sure, ensure, (please|kindly|then)
        (add|set|use|hold|take|plug|pull|connect|install|uninstall|force|press|enter|pair|re-pair|move|run|print|save|
        round|start|stop|wait|edit|amend|correct|split|rename|convert|contact|ask|call|tick|untick|select|choose|adjust|
        lower|raise|increase|export|import|upload|download|re-upload|apply|deactivate|activate|untick|revoke|renew|test|
        rerun|repeat|accept|look),
        ^(add|set|use|hold|take|plug|pull|connect|install|uninstall|press|enter|pair|re-pair|put|wait|tick|select|choose|
        first|next|please
        (add|set)), (could|can|would) you (please |kindly |try to |mind
        |)(wait|check|switch*|restart|reinstall|add|set|use|hold|take|plug|pull|connect|disable|enable|turn|clear|delete|
        remove|prune|split|install|run|rename|save|test|try|trying|type|upload|log|sign|contact|reset|update|change|open),
        have you tried, i'd (suggest|recommend|like you to), i (suggest|recommend), you (can|may|should|could)
        (freeze|change|find|reset|do|cancel|check|download|set|update|turn)""",
    # Our side did something itself.
    "DONE_BY_US": r"""
        (i|we|i've|we've|i have|we have|my colleague|our team) (just |now |already |also |manually
        |)([\w-]+ed|sent|re-sent|resent|put|set|reset|made|took|gave|cut|rebuilt|rebuilt|reran|re-ran|rolled
        back|brought|swapped|wrote|ran|swept|did), (has|have) been (reset|sent|\w+ed), i'm sending, we're sending, here
        (it|they) (is|are), (i|we) can offer""",
    "NOT_DONE": r"""
        (i|we|i've|we've|i have|we have) (just |now |already |also
        |)(need*|noticed|received|reviewed|looked|checked|hoped|wanted|identified|reached
        out|apologi(s|z)ed|reproduced|confirmed|asked|promised|managed|wondered|tried to
        reach|understood|agreed|closed|used|expected|located|discussed|learned|happened|mentioned|listed|succeeded|talked),
        opened (an|a) (incident|ticket|bug|issue), been
        (delayed|affected|charged|notified|informed|asked|identified|found|received)""",
    # In an internal note the doer is left out.
    "NOTED": r"""
        ^(i |we |just
        |)(moved|set|reset|removed|flushed|changed|cleared|restarted|recreated|pushed|rebuilt|reran|re-ran|reverted|
        resynced|resent|re-sent|tried|swapped|deleted|disabled|enabled|updated|upgraded|downgraded|rolled
        back|reissued|refunded|assigned|reindexed|retried|replaced|unlocked|switched|increased|lowered|raised|extended|
        called|e-mailed|emailed),
        (i|we) (\w+ed|set|reset|sent|put|ran)""",
    # Not a remedy though it has a remedy's verb: promises, and requests for information.
    "NOT_A_REMEDY": """
        let me, i\\'ll, i will, we\\'ll, we will, one moment, i can, i'm going, i am going, allow me, you will, will be,
        (may|can|could) (i|we) (have|get|ask|know|take), would you (give|tell|provide|share),
        (provide|send|share|confirm|tell|give) (me|us|your|the|a) _
        (number|id|name|email|e-mail|address|screenshot|logs|details), (could|can) you (please
        |)(send|tell|share|confirm|give|describe|provide), please (tell|let|send us|send me|share|confirm|don't|do
        not|accept my|accept our|note|bear|be), would you like, shall i, to fix, i need to""",
    # The customer tried something on their own.
    "TRIED": """
        (i|we|i've|we've|i have|we have|and|also|already|even|then|have|colleague) (already |also |even |just |have
        |)(tried|restarted|cleared|reinstalled|rebooted|checked|followed|updated|logged
        (out|in|back)|switched|changed|deleted|reconnected|called|phoned|rang|emailed|e-mailed|upgraded|downgraded|
        disabled|turned
        (off|on)|swapped|replaced|ran|rotated|regenerated|rolled
        back|unplugged|removed|contacted|re-sent|resent|reset|signed
        (out|in)|waited|refreshed|reloaded|re-entered|downloaded|increased|lowered|tested|split|moved|asked
        my|uninstalled|power-cycled|power
        cycled|toggled|restored|rebuilt|reformatted|cleaned|plugged|unpaired|re-paired|paired|re-added|added it
        again|re-uploaded|reuploaded|re-installed|re-authori[zs]ed|resynced|re-synced|factory reset|forgot
        the|whitelisted|unblocked|wiped|repaired|reissued|re-sent|retried|re-ran|reran|followed|went through|spoke
        to|asked the|wrote to|borrowed|used a different|used another|used my|put back|exported|imported|cancelled
        and|resubmitted),
        ^(tried|restarted|cleared|reinstalled|rebooted|checked|updated|switched|swapped|replaced|rotated|rolled
        back|unplugged|reset|power
        cycled|changed|tested|reconnected|disabled|deleted|downgraded|increased|power-cycled|toggled|uninstalled|wiped|
        cleaned|restored|re-paired|retried|re-installed|factory
        reset|used (the|an|my|our)), (swapped|changed|replaced) the, tried it, same with, did it with""",
    # Acts that people do with nothing wrong too: remedies only where something is.
    "ACT": """
        (moved|upgraded|downgraded|updated|changed|switched|called|phoned|rang|emailed|e-mailed|contacted|removed|deleted|
        replaced|downloaded|increased|lowered|split|ran|checked|waited|exported|imported|asked|spoke|wrote|borrowed|
        went|cancelled|signed|logged|paired|added)""",
    # Points back to what was proposed: the customer did that, not something of their own.
    "POINTS_BACK": """
        that, this, these, those, both, all of it, your (suggestion|steps|instructions|link), as you (said|suggested)""",
    # Our side says what it will do.
    "BESIDES": "too, also, as well, besides, additionally",
    "PROMISE": """
        i\\'ll, we\\'ll, i will, we will, (i'm|we\\'re|i am|we are) (going
        to|taking|sending|checking|asking|escalating|looking|working|arranging|passing|preparing), (will|shall)
        (call|give|ring|send|be|get|reach|contact|come|update|inform|let|reply|answer|receive|run|refund|write|have|text|
        email|e-mail|look|follow),
        get back to you, let you know, keep you posted, come back to you, i can (offer|arrange|send), is planned, you'll
        (hear|get|receive), rings you, calls you""",
    "NO_PROMISE": """
        i\\'ll (just |quickly |)(need|be happy|be glad|try to help), we\\'ll see, that will (help|rebuild), the light will,
        (it|this) will (blink|take|show), i can (help|see), you will (need|see|find|be asked), will be notified""",
    "WHEN": """
        today, tonight, tomorrow, this (morning|afternoon|evening|week), (by|until|on|before|within|in) (the |an
        |)(\\d+|monday|tuesday|wednesday|thursday|friday|saturday|sunday|hour|day|week|noon|end), monday, tuesday,
        wednesday, thursday, friday, as soon as""",
    # Time that matters to the customer.
    "DEADLINE": """
        (by|before|until)
        (today|tomorrow|tonight|noon|midnight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the end of|end
        of|close of|eod|eow|next|this (week|month|evening|afternoon)), (by|before|until) \\d+ (am|pm), (by|before)
        \\d+(am|pm), deadline*, due (on|today|tomorrow|by|in), (go|goes|going) live, launch*
        (on|in|today|tomorrow|this|next), asap, urgent*, immediately, right now, time-sensitive,
        (flight|wedding|audit|payroll|demo|event) (is|on|in|tomorrow|today|runs)""",
    # How many are hit, and what it costs.
    "IMPACT": """
        (all|every|none) _
        (user|users|customer|customers|staff|employees|team|teams|store|stores|orders|accounts|agents|shops), everyone,
        everybody, nobody can, no one can, (whole|entire) (company|team|office|site), \\d+
        (users|people|customers|orders|employees|agents|seats|stores|colleagues|shipments|drivers|warehouses), in
        production, production is, outage, data loss, losing (money|sales|customers|orders|data), lost
        (sales|orders|data|revenue), revenue, payroll""",
    # What somebody has found not to be the cause.
    "RULED_OUT": """
        (other|different|another) _
        (user|users|browser|browsers|device|devices|computer|phone|account|accounts|card|network|colleagues),
        (it's|its|it is) not (the|my|our|about) \\w+, in (every|all|any) browsers, in every browser, works _
        (on|in|for|with|without|elsewhere|too|as well|perfectly), (so|that|this) (is not|isn't|was not)
        (it|that|the|our|my|disk), so (disk |it |the |that )_ (not|isn't), (it is|it's|so it is|is) not the, not the
        (cause|\\w+ version), nothing (has |)changed, (is|are) fine, not pending, depends on, it works, on the web,
        (says|say|said) _ is fine, only (you|the) _ can, (syncs|runs|loads) (perfectly|fine), not on the""",
    "ASK_WORD": """
        ^(so |and |but |also |then |ok but |)(how|what|when|why|where|which|who|can|could|will|would|should|whether|is
        there|is it|does|do)""",
}
