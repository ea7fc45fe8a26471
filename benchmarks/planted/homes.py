"""Postal addresses: a line of each country's own shape with made-up streets and numbers.

Flat 4, 27 Kingsway Road, Leeds LS6 3HN        〒150-0002 東京都渋谷区渋谷2-21-1
"""

from random import Random

# `#` is a digit from 1 to 9, `0` stays, `@` a letter; | parts the shapes.
HOMES = """
{n} Maple Street, Springfield, IL 6#7## | {n} N Lincoln Ave Apt 4B, Chicago, IL 606## | {n} Oak Dr
{n} W 34th St, New York, NY 100## | {n} Old Mill Rd, Suite 200, Austin, TX 787## | {n} Sunset Blvd.
{n} Peachtree Ln, Atlanta GA 303## | PO Box #### , Boise, ID 837## | P.O. Box ###, Reno NV 895##
{n} County Road 12, Elkhart, Indiana | {n} NE 8th Street #305, Bellevue WA 98004 | {n} elm street
{m} Kingsway Road, Leeds LS6 3HN | Flat 4, {m} Harbour View, Bristol BS1 5TY | {m}a High Street
Rose Cottage, Mill Lane, Great Missenden HP16 0BD | {m} St Mary's Close, Oxford OX4 2LJ
Apartment 12, {m} Deansgate, Manchester M3 2BQ | {m} Queen Square, Bath, BA1 2HN | {m} acacia avenue
{n} Rue Sainte-Catherine, Montréal QC H3B 1A7 | {n} Yonge Street, Toronto, ON M4W 2L2
Unit 5/{m} George St, Sydney NSW 2000 | {m} Collins Street, Melbourne VIC 3000 | {m} Beach Rd, Auckland 1010
{m} O'Connell Street, Dublin 1, D01 F5P2 | {m} Long Street, Cape Town 8001
Hauptstraße {m}, 10827 Berlin | Goethestr. {m}a, 60313 Frankfurt am Main | Am Alten Markt {m}, 50667 Köln
Lindenweg {m} | Friedrich-Ebert-Platz {m}, 90408 Nürnberg | Unter den Linden {m}, 10117 Berlin
Mariahilfer Straße {m}/12, 1060 Wien | Bahnhofstrasse {m}, 8001 Zürich
{m} rue de la République, 69002 Lyon | {m} bis avenue Victor Hugo, 75116 Paris | {m}, boulevard Voltaire
{m} place Bellecour, 69002 Lyon | {m} chemin des Oliviers, 13100 Aix-en-Provence
Calle de Alcalá {m}, 28014 Madrid | Avenida de la Constitución, {m}, 3º B, 41001 Sevilla | C/ Mayor {m}, 2º
Plaza Mayor {m}, 37002 Salamanca | Carrer de Mallorca, {m}, 08036 Barcelona | Paseo de la Reforma {n}, CDMX
Via Garibaldi {m}, 20121 Milano | Corso Vittorio Emanuele {m}, 80121 Napoli MI | Piazza Navona {m}, Roma
Rua Augusta, {n}, São Paulo - SP, 01305-100 | Rua das Flores {m}, 1200-195 Lisboa | Av. Paulista, {n}
Keizersgracht {m}, 1015 CJ Amsterdam | Kerkstraat {m}a, 3512 JK Utrecht | Laan van Meerdervoort {m}
Nieuwstraat {m}, 1000 Brussel | Rue Neuve {m}, 1000 Bruxelles
Storgatan {m}, 411 38 Göteborg | Kungsgatan {m}, Stockholm | Storgata {m}, 0184 Oslo
Vesterbrogade {m}, 1620 København V | Mannerheimintie {m} A 5, 00100 Helsinki
ul. Marszałkowska {m}/14, 00-590 Warszawa | ul. Długa {m}, 31-147 Kraków | al. Jerozolimskie {m}
Atatürk Caddesi No: {m}, 34710 Kadıköy/İstanbul | ул. Ленина, д. {m}, кв. 15, Москва
Václavské náměstí {m}, 110 00 Praha 1 | Leoforos Kifisias {m}, 115 23 Athina
〒150-0002 東京都渋谷区渋谷{m}-21-1 | 北京市朝阳区建国路{m}号 | 서울특별시 강남구 테헤란로 {n}
Flat {m}, MG Road, Bengaluru 560001 | Plot No. {m}, Sector 18, Noida 201301 | H.No. {m}, Gandhi Nagar, Pune 411001
Blk {n} Ang Mo Kio Ave 3 #08-123, Singapore 560123 | {m} Adeola Odeku Street, Victoria Island, Lagos
"""


def postal_address(random: Random) -> str:
    """One home; the house number and the digits of a code are made up."""
    shapes = [shape.strip() for shape in HOMES.replace("\n", "|").split("|") if shape.strip()]
    shape = random.choice(shapes)
    shape = shape.format(n=random.randint(100, 9899), m=random.randint(2, 198))
    keep = "#305" in shape or "#08" in shape
    return "".join(random.choice("123456789") if c == "#" and not keep else c for c in shape)
