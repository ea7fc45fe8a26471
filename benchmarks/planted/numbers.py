"""Cards, accounts, papers and phones, by ISO/IEC 7812, ISO 13616 and the countries' plans.

5555 5555 5555 4444        GB82 WEST 1234 5698 7654 32        +49 (0)30 901820
"""

import itertools
import re
from random import Random
from string import ascii_uppercase

from benchmarks.planted.national import digits, luhn

CARDS = (
    *[("4", 16)] * 4,
    ("4", 13),
    ("4", 19),
    *[(str(n), 16) for n in (51, 52, 53, 54, 55, 2221, 2345, 2719)],
    *[("34", 15), ("37", 15)] * 2,
    *[("6011", 16), ("644", 16), ("65", 16), ("36", 14), ("38", 14), ("3005", 14)],
    *[("3528", 16), ("3589", 16), ("62", 16), ("62", 19), ("2200", 16), ("2204", 16)],
    *[("5018", 16), ("6304", 16), ("6759", 16), ("6521", 16), ("8171", 16)],
)


def card(random: Random) -> str:
    """A number of one network, as printed, solid or dashed."""
    prefix, length = random.choice(CARDS)
    body = prefix + digits(random, length - 1 - len(prefix), "0123456789")
    whole = body + luhn(body)
    cuts = (4, 10) if length in (14, 15) else (4, 8, 12, 16)
    edges = [0, *[cut for cut in cuts if cut < length], length]
    groups = [whole[a:b] for a, b in itertools.pairwise(edges)]
    return random.choice((" ", " ", "-", "", "", ".", "\u00a0")).join(groups)


BBANS = [
    "DE18n",
    "GB4a14n",
    "FR10n11c2n",
    "ES20n",
    "IT1a10n12c",
    "NL4a10n",
    "BE12n",
    "CH5n12c",
    "AT16n",
    "PL24n",
    "SE20n",
    "NO11n",
    "DK14n",
    "FI14n",
    "PT21n",
    "IE4a14n",
    "CZ20n",
    "GR7n16c",
    "TR6n16c",
    "SA2n18c",
    "AE19n",
    "BR23n1a1c",
    "LU3n13c",
    "HR17n",
    "HU24n",
    "RO4a16c",
    "MT4a5n18c",
    "UA6n19c",
    "IL19n",
    "LT16n",
    "EE16n",
    "SK20n",
    "BG4a6n8c",
    "CY8n16c",
    "PK4a16c",
    "QA4a21c",
    "GE2a16n",
    "SM1a10n12c",
]


def iban(random: Random) -> str:
    """An account of one country with its two check digits."""
    plan = random.choice(BBANS)
    country, signs = plan[:2], {"n": "0123456789", "a": ascii_uppercase}
    signs["c"] = signs["n"] * 3 + signs["a"]
    bban = "".join(
        "".join(random.choices(signs[kind], k=int(count)))
        for count, kind in re.findall(r"(\d+)([nac])", plan[2:])
    )
    number = "".join(str(int(sign, 36)) for sign in f"{bban}{country}00")
    whole = f"{country}{98 - int(number) % 97:02}{bban}"
    grouped = " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    shapes = grouped, grouped, whole, whole, whole.lower(), grouped.replace(" ", "-")
    return random.choice((*shapes, grouped.replace(" ", "\u00a0"), grouped.lower()))


PHONES = """
+1 212 555 0### | +1 (415) 2##-#### | +1-646-4##-#### | +1.303.5##.#### | +1312#######
(617) 3##-#### | 617-3##-#### | 808.3##.#### | 213 4## #### | 1-800-3##-#### | (503)2##-####
+1 416 5## #### | 416-5##-#### ext. 12 | (212) 664-#### x304 | +1 876 4## ####
+44 20 7### #### | +44 (0)20 7### #### | +44 7### ###### | 07### ###### | 07### ### ###
020 7### #### | (020) 7### #### | 0161 4## #### | 01865 2##### | 0044 7### ###### | +447#########
+49 30 ######## | +49 (0)89 ####### | 030 / ####### | 0171 / ####### | 0171-####### | +49 1### #######
089/####### | 0049 171 ####### | +49-89-###-##### | 0151 ########
+33 1 ## ## ## ## | +33 (0)6 ## ## ## ## | 06 ## ## ## ## | 06.##.##.##.## | 01-##-##-##-## | +336########
+34 6## ### ### | 6## ## ## ## | +34 91 ### ## ## | 91 ### ## ## | +39 06 #### #### | +39 3## #######
3## ### #### | 06 ########
+31 6 ######## | 06-######## | 020-####### | +31 (0)20 ### ####
+32 4## ## ## ## | 04##/##.##.## | +41 44 ### ## ## | 079 ### ## ## | +43 664 ####### | 0664/#######
+46 70 ### ## ## | 070-### ## ## | 08-### ### ## | +47 9## ## ### | +45 ## ## ## ## | +358 40 ### ####
+48 5## ### ### | +420 6## ### ### | +36 30 ### #### | +40 7## ### ### | +30 69## ######
+351 91# ### ### | +353 87 ### #### | 087 ### #### | +7 (9##) ###-##-## | 8 (9##) ###-##-## | +7 9#########
+380 67 ### ## ## | +90 532 ### ## ## | 0532 ### ## ## | +972 54-###-#### | +971 50 ### ####
+20 10 #### #### | +27 82 ### #### | 082 ### #### | +234 803 ### #### | 0803 ### #### | +254 7## ######
+91 98### ##### | +91-98########  | 098### ##### | 98### ##### | +92 300 ####### | 0300-#######
+86 138 #### #### | 138 #### #### | +86 10 #### #### | +81 90-####-#### | 090-####-#### | 03-####-####
+82 10-####-#### | 010-####-#### | +852 9### #### | +65 9### #### | +63 917 ### #### | 0917 ### ####
+62 812-####-#### | 0812-####-#### | +66 81 ### #### | +84 90 ### ## ## | +60 12-### ####
+61 4## ### ### | 04## ### ### | (02) 9### #### | +61 2 9### #### | +64 21 ### #### | 021 ### ####
+55 11 9####-#### | (11) 9####-#### | +55 (21) 9####-#### | +52 55 #### #### | 55 #### ####
+54 9 11 ####-#### | +56 9 #### #### | +57 3## ####### | +51 9## ### ###
""".replace("\n", "|").split("|")


def phone(random: Random) -> str:
    """A number in one country's plan, written as people there write it."""
    shape = random.choice([phone.strip() for phone in PHONES if phone.strip()])
    return "".join(random.choice("23456789") if sign == "#" else sign for sign in shape)


def shaped(random: Random, shapes: str) -> str:
    """One of the shapes, `#` a digit and `@` a letter."""
    signs = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return "".join(random.choice(signs.get(c, c)) for c in random.choice(shapes.split(" | ")))


def passport(random: Random) -> str:
    """British, American, German, French, Spanish, Italian, Indian, Polish, Dutch numbers."""
    plans = "######### | C######## | C01X0#T@# | ##@@##### | @@@###### | YA####### | @####### | @@#######"
    return shaped(random, f"{plans} | @@@@##### | P######## | K #######")


def driving_licence(random: Random) -> str:
    """Californian, British, German, French, Floridian, New York's, Irish, Indian numbers."""
    month, day = f"{random.randint(1, 12):02}", f"{random.randint(1, 28):02}"
    british = f"@@@@@#{month}{day}#@@9@@"
    plans = (
        "@####### | @###-###-##-###-# | ### ### ### | B072RRE2I5# | ##@@##### | MH12 2011#######"
    )
    return shaped(random, f"{british} | {british} | {plans} | @@-##-##### | WDL@@@@@###@@")
