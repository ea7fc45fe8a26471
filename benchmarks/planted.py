"""Personal data for measuring recall: (sentence, value) by kind, apart from the patterns.

Values follow the public specifications (issuers' examples, or check digits worked out by hand or by
their registrars' published methods); sentences are as people write, in several languages.
"""

PLANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "email": (
        ("write to {} please", "m.o-connor@mail.example.ie"),
        ("Meine Adresse: {}", "jürgen.weiss@beispiel.example.de"),
        ("<{}> is mine", "x1@sub.example.museum"),
        ("mailto:{}", "first+tag@example.co.uk"),
    ),
    "phone": (
        ("Ring me on {} after six.", "07911 123456"),
        ("Mein Telefon: {}", "+49 151 23456789"),
        ("call {}", "(415) 555-2671"),
        ("tél. {}", "01 42 68 53 00"),
        ("my number is {}", "+61 2 9374 4000"),
        ("WhatsApp {} works", "+91 98765 43210"),
        ("Teléfono {}", "+34 612 345 678"),
        ("phone {}", "212.555.0187"),
    ),
    "card": (
        ("charged to {}", "4242 4242 4242 4242"),
        ("Visa {} exp 12/27", "4000056655665556"),
        ("my amex {}", "3714 496353 98431"),
        ("Karte {}", "5555-5555-5555-4444"),
        ("card: {}", "6011 0009 9013 9424"),
    ),
    "iban": (
        ("refund to {}", "NL91 ABNA 0417 1643 00"),
        ("IBAN: {}", "FR1420041010050500013M02606"),
        ("mein Konto {}", "DE75512108001245126199"),
        ("al conto {}", "IT60 X054 2811 1010 0000 0123 456"),
    ),
    "ipv4": (
        ("my ip is {}", "203.0.113.77"),
        ("blocked: {}", "198.51.100.14"),
        ("from {} today", "192.0.2.201"),
    ),
    "ipv6": (
        ("address {}", "2001:db8:0:1:1:1:1:1"),
        ("I come from {}", "2001:0db8:0000:0042:0000:8a2e:0370:7334"),
    ),
    "mac": (("router {}", "3C:22:FB:9A:01:7E"), ("device {}", "a4-5e-60-c2-11-0f")),
    "us_ssn": (("SSN {}", "219-09-9999"), ("my social security number is {}", "457 55 5462")),
    "uk_nino": (
        ("NI number {}", "JG 10 37 59 A"),
        ("my national insurance no. is {}", "CE123456D"),
    ),
    "de_tax_id": (
        ("Meine Steuer-ID lautet {}", "65 929 970 489"),
        ("Steuer-IdNr.: {}", "47036892816"),
    ),
    "es_dni": (("mi DNI es {}", "00000000T"), ("NIE {}", "X0000000T"), ("DNI: {}", "99999999-R")),
    "it_codice_fiscale": (
        ("codice fiscale {}", "MRTMTT91D08F205J"),
        ("CF: {}", "MLLSNT82P65Z404U"),
    ),
    "pl_pesel": (("mój PESEL to {}", "02070803628"), ("PESEL: {}", "44051401359")),
    "nl_bsn": (("mijn BSN is {}", "123456782"), ("burgerservicenummer {}", "111222333")),
    "se_personnummer": (("personnummer {}", "640823-3234"), ("mitt personnr: {}", "19640823-3234")),
    "br_cpf": (("meu CPF é {}", "111.444.777-35"), ("CPF {}", "11144477735")),
    "in_aadhaar": (("Aadhaar {}", "4991 1866 5246"), ("my aadhaar no. is {}", "499118665246")),
    "ca_sin": (("SIN {}", "130 692 544"), ("my social insurance number: {}", "130692544")),
    "cn_resident_id": (("我的身份证号是{}", "11010519491231002X"), ("ID {}", "440524188001010014")),
    "api_key": (
        ("the key {} leaked", "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        ("token: {}", "glpat-Zx9Yw8Vu7Ts6Rq5Po4Nm"),
        ("use {}", "AKIAI44QH8DHBEXAMPLE"),
    ),
    "secret": (
        ("password: {}", "kestrel-Moon7"),
        ("my password is {}", "Gr33nTea!"),
        ("access token {}", "Zm9vYmFyMTIzNDU2Nzg5MGFi"),
    ),
    "date_of_birth": (
        ("born {}", "23 June 1971"),
        ("DOB {}", "06/23/1971"),
        ("Geburtsdatum: {}", "23.06.1971"),
        ("fecha de nacimiento: {}", "23 de junio de 1971"),
        ("née le {}", "23 juin 1971"),
    ),
    "geo": (("I am at {}", "48.85837, 2.29448"), ("position {}", "-34.60372, -58.38159")),
    "passport": (("passport no. {}", "925665416"), ("Reisepass {}", "C22990047")),
    "postal_address": (
        ("I live at {}", "742 Evergreen Terrace, Springfield, IL 62704"),
        ("ship to {}", "10 Downing Street, London SW1A 2AA"),
        ("Lieferadresse: {}", "Lindenallee 27, 50968 Köln"),
        ("j'habite {}", "24 avenue des Champs-Élysées, 75008 Paris"),
        ("vivo en {}", "Calle de Alcalá 48, 28014 Madrid"),
        ("abito in {}", "Via Garibaldi 12, 16124 Genova"),
        ("ik woon op {}", "Prinsengracht 263, 1016 GV Amsterdam"),
        ("send it to {}", "Apt 4, 18 Kings Road, Brighton BN1 2FA"),
        ("my address is {}", "1600 Amphitheatre Pkwy, Mountain View, CA 94043"),
        ("deliver to {}", "35 King Street West, Toronto, ON M5H 1A1"),
    ),
    "person": (
        ("Hi, my name is {}.", "Priyanka Venkatesan"),
        ("This is {} from accounting.", "Robert Ellison"),
        ("Dear Mr {}, thank you.", "Abernathy"),
        ("I spoke with {} yesterday.", "Siobhan Kavanagh"),
        ("Kind regards, {}", "Tomasz Wrona"),
        ("Ich heiße {}.", "Annegret Vogelsang"),
        ("Je m'appelle {}.", "Thibault Marchand"),
        ("Please put it under the name {}.", "Elena Markova"),
        ("My colleague {} will pick it up.", "Hiroshi Endo"),
        ("Me llamo {}.", "Joaquín Villalobos"),
        ("Thanks, {}!", "Martha"),
        ("Dr. {} signed it.", "Okonjo"),
    ),
}
NAMED = ("postal_address", "person")
