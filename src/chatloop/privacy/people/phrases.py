"""What people say right before a name, in a dozen languages; each is a part of a pattern.

INTRODUCED  my name is …        TOLD     I spoke to …, my wife …
TITLE       Mrs …               GREETED  Dear …, thanks …
"""

_KINDS_OF_NAME = (
    "full|first|last|given|family|middle|maiden|legal|customer|account|contact|passenger"
    "|patient|guest|user's"
)
INTRODUCED = (
    rf"my (?:(?:{_KINDS_OF_NAME}|sur)[ -]?)?name(?: is|['’]?s|:)|mein (?:vor|nach)?name ist"
    r"|ich hei(?:ß|ss)e|je m['’]appelle|mon nom est|me llamo|mi nombre es|mi chiamo"
    r"|il mio nome [èe]"
    r"|mijn naam is|ik heet|jag heter|mitt namn är|jeg heter|jeg hedder|mitt navn er|nazywam się"
    r"|mam na imię|meu nome é|o meu nome é|me chamo|nimeni on|minun nimeni on|jmenuji se|hívnak"
    r"|numele meu este|mă numesc|benim adım|adım|меня зовут|με λένε|ονομάζομαι"
    r"|(?:his|her|their) (?:(?:full|first|last) )?name(?: is|['’]s)"
    r"|name on (?:the |my )?(?:card|account|booking|ticket|order|reservation)(?: is)?:?"
    rf"|(?:{_KINDS_OF_NAME}|sur|cardholder|(?:card|account)[ -]holder(?:['’]s)?)[ _-]?name"
    r"(?:[\"']? ?[:=#-]| is|['’]s)?"
    r"|(?:^|[\n.;,] ?)(?:name|nombre|nom|nome|naam|namn|navn|imię) ?[:=]"
    r"|(?:vor|nach|familien)name ?[:=]?|apellidos?:?|cognome:?|nom de famille:?|achternaam:?"
    r"|(?:account ?holder|card ?holder|recipient|addressee|contact person|passenger|guest|tenant"
    r"|patient|attendee|beneficiary|employee|invoice to|bill to|ship to)(?: is| ?[:=])|(?:attn"
    r"|c/o)\.?:?"
)
TITLE = (
    r"Mr|Mrs|Ms|Mx|Miss|Sir|Dame|Dr|Prof|Professor|Doctor|Herrn?|Frau|Monsieur|M\.|Madame|Mme|Mlle"
    r"|Mademoiselle|Señora?|Señorita|Sra?|Signora?|Signor|Sig|Dhr|Mevrouw|Mevr|Mw|Senhora?|Rev"
    r"|Reverend"
    r"|Mister|Fru|Pan|Pani|Capt|Sgt|Hr|MR|MRS|MS|DR|PROF|HERR|FRAU"
)
REGARDS = (
    r"(?:kind |best |warm |many |kindest |warmest )?(?:regards|wishes)|sincerely|yours (?:truly"
    r"|faithfully"
    r"|sincerely)|respectfully|(?:mit freundlichen |viele |liebe |beste |schöne "
    r"|herzliche )?gr(?:ü|ue)"
    r"(?:ß|ss)(?:en|e)?|gru(?:ß|ss)|mfg|lg|bien cordialement|cordialement|bien à vous|atentamente"
    r"|un "
    r"saludo|saludos(?: cordiales)?|cordiali saluti|(?:distinti )?saluti"
    r"|met vriendelijke groet(?:en)?|mvg"
    r"|groet(?:en|jes)|pozdrawiam|z poważaniem|atenciosamente|cumprimentos"
    r"|(?:med vänliga )?hälsningar|mvh"
    r"|(?:med )?vennlig hilsen|(?:med )?venlig hilsen|terveisin|saygılarımla|с уважением"
)
# On a line of its own a name signs after these, too.
ENDED = (
    r"thanks?(?: you)?(?: (?:so much|very much|a lot|again|in advance))?|cheers|best|yours|love"
    r"|danke|merci"
)
RELATION = (
    r"(?:my|his|her|our|their|meine?n?|mon|ma|mi|mia|mio|mijn|min)(?: (?:late|ex|new|older"
    r"|younger|little|big"
    r"|eldest|oldest))?[ -](?:wife|husband|son|daughter|brother|sister|mother|father|mum|mom|dad"
    r"|aunt|uncle"
    r"|cousin|niece|nephew|friend|partner|fianc[ée]e?|girlfriend|boyfriend|boss|manager|colleague"
    r"|co-?worker"
    r"|assistant|neighbou?r|roommate|flatmate|landlord|landlady|tenant|grandmother|grandfather"
    r"|grandson"
    r"|granddaughter|client|customer|doctor|lawyer|supervisor|teacher|nanny|frau|mann|sohn"
    r"|tochter|bruder"
    r"|schwester|mutter|vater|kollegin|kollege|chefin|chef|freundin|freund|femme|mari|fils|fille"
    r"|frère|sœur"
    r"|collègue|amie?|esposa|marido|mujer|hijo|hija|hermano|hermana|jefe|colega|moglie|marito"
    r"|figlio|figlia"
    r"|fratello|sorella|vrouw|zoon|dochter|broer|zus|collega)(?:,| is| is called| named)?"
)
TOLD = (
    r"(?:spoke|spoken|speak|speaking|talk|talked|talking|chatted|dealt|met|meeting|meet) (?:to"
    r"|with)"
    r"|(?:ask(?:ed)?|asking|wait(?:ing)?|look(?:ing)?) for|under (?:the )?(?:name(?: of)?:?)?"
    r"|in the name "
    r"of|on behalf of|belongs to|registered to|addressed to|(?:made )?out to|deliver(?:ed)?(?: it"
    r"| this| "
    r"them)? to|ship(?:ped)?(?: it| this| them)? to|send (?:it|this|that|them) to|sent (?:it )?to"
    r"|signed"
    r"(?: for)? by|picked up by|collected by|gift (?:is )?for|(?:care|attention) of|call(?:s"
    r"|ed)? me|i go by"
    r"|i['’]?m called|it['’]s me,?|ordered by|transfer me to|connect me (?:to|with)"
    r"|(?:^|[.,!?] )(?:the )?name(?: is|['’]s|:)|under the name(?: of)?|cc:"
    r"|(?:e-?mail|contact|ask|tell|told|reach|cc|meet|invite|inform|notify|remind)"
    rf"|{RELATION}|the (?:wife|husband|son|daughter|customer|patient|boss|manager|agent|driver)"
    r"|(?:customer|colleague|agent|representative|rep|employee|user|member|driver|courier"
    r"|technician"
    r"|doctor|nurse|guest|passenger|account holder|tenant)(?: named)?"
)
SELF = (
    r"i am|i['’]m|im|this is|ich bin|je suis|soy|sono|ik ben|jag är|jeg er|jestem|hier ist"
    r"|hier spricht|aqui é o|aqui é a|ici"
)
GREETED = (
    r"hi|hello|hey|dear|hallo|liebe[rs]?|bonjour|hola|ciao|good (?:morning|afternoon|evening)"
    r"|thanks?"
    r"(?: you)?(?: so much| very much| a lot| again| for (?:calling|waiting|your (?:help|patience"
    r"|time)))?"
    r"|welcome(?: back)?|sorry|bye|goodbye|cheers|yours|best|hej|cześć|olá|querid[oa]|estimad[oa]"
    r"|chère?"
    r"|geachte|beste|hei"
)

# What must be in a text for INTRODUCED, TITLE and REGARDS to match.
INTRODUCING = (
    *(
        "name",
        "nombre",
        "nom ",
        "nom:",
        "nom=",
        "nome",
        "naam",
        "namn",
        "navn",
        "imi",
        "hei",
        "appelle",
    ),
    *(
        "llamo",
        "chiamo",
        "ik heet",
        "jag heter",
        "jeg he",
        "nazywam",
        "mam na",
        "me chamo",
        "nimeni",
    ),
    *("jmenuji", "vnak", "numele", "numesc", "ad", "зовут", "με", "ονομ", "apellido", "holder"),
    *("recipient", "addressee", "attn", "c/o", "person", "passenger", "guest", "tenant", "patient"),
    *("attendee", "beneficiary", "employee", "invoice to", "bill to", "ship to"),
)
TITLES = (
    *("Mr", "Ms", "Mx", "Miss", "Sir ", "Dame", "Dr", "Prof", "Doctor", "Herr", "Frau", "Mons"),
    *(
        "M. ",
        "Mad",
        "Mme",
        "Mlle",
        "Se",
        "Sr",
        "Sig",
        "Dhr",
        "Mev",
        "Mw",
        "Rev",
        "Mister",
        "Fru",
        "Pan",
    ),
    *("Capt", "Sgt", "Hr", "MR", "MS", "DR", "PROF", "HERR", "FRAU"),
)
SIGNING = (
    *(
        "regards",
        "wishes",
        "sincerely",
        "yours",
        "respectfully",
        "grü",
        "grue",
        "gru",
        "mfg",
        "lg",
        "cordial",
    ),
    *("à vous", "atentamente", "saludo", "saluti", "groet", "mvg", "pozdraw", "powa", "atenciosa"),
    *("cumprimentos", "lsningar", "mvh", "hilsen", "terveisin", "sayg", "уважением"),
)
