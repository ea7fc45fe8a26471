"""Names, homes, birthdays and places of people, as several countries write them.

Siobhán O'Connor        Hauptstraße 12, 10827 Berlin        12 de marzo de 1985
"""

from random import Random

from benchmarks.planted.national import birth

ORIGINS = {
    "en": (
        "James Emily Oliver Charlotte Harold Megan Stuart Gemma Tyler Brandon Kayla Deborah",
        "Whitfield Carter Thompson Ashworth Jenkins Hargreaves Doyle Miller Pemberton Clarke",
    ),
    "ie": ("Siobhán Niamh Cormac Pádraig Eoin", "O'Connor Gallagher McCarthy Ó Súilleabháin Byrne"),
    "de": ("Jürgen Heike Sebastian Katharina Uwe", "Schäfer Müller-Lüdenscheidt Vogel Krämer Weiß"),
    "fr": ("Jean-Pierre Amélie Thibault Solène Gaëlle", "Lefebvre Dubois Beaumont Moreau D'Arcy"),
    "es": ("José Lucía Alejandro Guadalupe Íñigo", "García Fernández Hernández Ruiz Navarro"),
    "it": ("Giuseppe Chiara Lorenzo Alessandra", "Esposito Ricci Colombo Bianchi D'Angelo"),
    "pl": ("Zbigniew Małgorzata Krzysztof Agnieszka", "Wójcik Kowalska Szczepański Nowak"),
    "nl": ("Pieter Annelies Joost", "de-Vries Jansen Bakker"),
    "se": ("Björn Åsa Göran Linnea", "Lindqvist Johansson Åkerström"),
    "in": ("Rajesh Priya Sandeep Ananya Venkatesh", "Patel Krishnamurthy Sharma Iyer Gupta"),
    "zh": ("Wei Xiaoming Jing Yifan", "Zhang Chen Huang Zhou"),
    "ja": ("Haruto Yuki Sakura Kenji", "Tanaka Yamamoto Watanabe"),
    "ko": ("Min-jun Seo-yeon Jiho", "Kim Park Choi"),
    "ar": ("Mohammed Fatima Youssef Aisha Abdulrahman", "Al-Farsi Hassan Khalil El-Sayed"),
    "ng": ("Chukwuemeka Ngozi Oluwaseun Adaeze", "Okonkwo Adeyemi Balogun"),
    "ru": ("Dmitri Svetlana Yevgeny Anastasia", "Ivanov Petrova Sokolov"),
    "tr": ("Mehmet Ayşe Emre Zeynep", "Yılmaz Öztürk Demir"),
    "vn": ("Nguyen Linh Thanh", "Tran Pham Nguyen"),
    "gr": ("Giorgos Eleni Nikolaos", "Papadopoulos Georgiou"),
    "br": ("Thiago Beatriz Gustavo", "da-Silva Oliveira Santos"),
}


def first_name(random: Random) -> str:
    """A given name of any origin."""
    return random.choice(ORIGINS[random.choice(sorted(ORIGINS))][0].split())


def surname(random: Random) -> str:
    """A surname of any origin."""
    names = ORIGINS[random.choice(sorted(ORIGINS))][1].replace("Ó ", "Ó-").split()
    return random.choice(names).replace("de-", "de ").replace("da-", "da ").replace("Ó-", "Ó ")


def full_name(random: Random) -> str:
    """First name and surname of one origin; a middle letter now and then."""
    first, last = ORIGINS[random.choice(sorted(ORIGINS))]
    last = last.replace("Ó ", "Ó-")
    family = random.choice(last.split()).replace("de-", "de ").replace("da-", "da ")
    middle = random.choice(("", "", "", "", f" {random.choice('ABCDEFGHJKLMR')}."))
    return f"{random.choice(first.split())}{middle} {family.replace('Ó-', 'Ó ')}"


def low_name(random: Random) -> str:
    """A full name typed without capitals."""
    return full_name(random).lower()


def capital_name(random: Random) -> str:
    """A full name typed in capitals."""
    return full_name(random).upper()


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}


def month(random: Random, language: str) -> tuple[int, str, int]:
    """A day, a month by name, a year."""
    year, number, day = birth(random)
    return day, MONTHS[language].split()[number - 1], year


def number_date(random: Random) -> str:
    """Digits in the orders of ISO, Britain, America, Germany; two digits of the year now and then."""
    year, number, day = birth(random)
    d, m, y = f"{day:02}", f"{number:02}", str(year)
    shapes = f"{d}/{m}/{y}", f"{m}/{d}/{y}", f"{y}-{m}-{d}", f"{d}.{m}.{y}", f"{d}-{m}-{y}"
    return random.choice(
        (*shapes, f"{day}/{number}/{y}", f"{d}/{m}/{y[2:]}", f"{y}/{m}/{d}", f"{d} {m} {y}")
    )


def english_date(random: Random) -> str:
    """A month by name in English, in either order."""
    day, name, year = month(random, "en")
    tail = "st" if day in (1, 21) else "nd" if day in (2, 22) else "rd" if day in (3, 23) else "th"
    shapes = f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}{tail} of {name} {year}"
    more = f"{name} {day}{tail} {year}", f"{day}-{name[:3]}-{year}", f"{name[:3]} {day} {year}"
    return random.choice((*shapes, *more, f"{day} {name[:3]} '{year % 100:02}"))


def german_date(random: Random) -> str:
    """12. März 1985, 12.3.85."""
    day, name, year = month(random, "de")
    return random.choice((f"{day}. {name} {year}", f"{day:02}.{random.randint(1, 12):02}.{year}"))


def french_date(random: Random) -> str:
    """12 mars 1985."""
    day, name, year = month(random, "fr")
    return random.choice((f"{day} {name} {year}", f"{day:02}/{random.randint(1, 12):02}/{year}"))


def spanish_date(random: Random) -> str:
    """12 de marzo de 1985."""
    day, name, year = month(random, "es")
    return random.choice(
        (f"{day} de {name} de {year}", f"{day:02}/{random.randint(1, 12):02}/{year}")
    )


def italian_date(random: Random) -> str:
    """12 marzo 1985."""
    return "{} {} {}".format(*month(random, "it"))


def portuguese_date(random: Random) -> str:
    """12 de março de 1985."""
    return "{} de {} de {}".format(*month(random, "pt"))


def dutch_date(random: Random) -> str:
    """12 maart 1985."""
    return "{} {} {}".format(*month(random, "nl"))


def geo(random: Random) -> str:
    """Decimal, degrees, minutes, seconds, URI, WKT, maps' URL, JSON."""
    lat, lon = random.uniform(-60, 70), random.uniform(-170, 170)
    ns, ew = "NS"[lat < 0], "EW"[lon < 0]
    a, b = abs(lat), abs(lon)
    dms = [f"{int(v)}°{int(v * 60 % 60):02}'{v * 3600 % 60:04.1f}\"" for v in (a, b)]
    curly = [part.replace("'", "\u2032").replace('"', "\u2033") for part in dms]
    shapes = (
        *(f"{lat:.6f}, {lon:.6f}", f"{lat:.4f},{lon:.4f}", f"{a:.4f}° {ns}, {b:.4f}° {ew}"),
        *(
            f"{dms[0]}{ns} {dms[1]}{ew}",
            f"{curly[0]}{ns}, {curly[1]}{ew}",
            f"({lat:.5f}, {lon:.5f})",
        ),
        *(
            f"{ns} {int(a)}° {a * 60 % 60:.3f} {ew} {int(b)}° {b * 60 % 60:.3f}",
            f"geo:{lat:.5f},{lon:.5f}",
        ),
        *(
            f"POINT({lon:.5f} {lat:.5f})",
            f"lat: {lat:.5f}, lng: {lon:.5f}",
            f"{a:.4f}{ns} {b:.4f}{ew}",
        ),
        *(f'"latitude": {lat:.6f}, "longitude": {lon:.6f}', f"lat {lat:.4f} lon {lon:.4f}"),
        f"https://www.google.com/maps/@{lat:.6f},{lon:.6f},15z",
    )
    return random.choice(shapes)
