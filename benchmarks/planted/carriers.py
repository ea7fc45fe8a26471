"""Sentences that carry a value at `{v}`: with a label and without, quoted, broken, not in English."""

ANYWHERE = """
Please use {v} for this.
{v}
Sure, it's {v}
hi there, {v} thx
You can find it under "{v}", can't you?
My details ({v}) have changed.
> {v}
I wrote {v}, but the form refuses it!
Hier ist sie: {v}. Danke!
Voici : {v}, merci d'avance.
Es este: {v}; gracias.
Here you go:\\n{v}\\nAnything else?
ok so it is {v}...
Was it '{v}'? Please check.
- {v}\\n- two tickets\\n- Friday
*{v}*
Мой вот такой: {v}
"""

LABELLED = """
my {n} is {v}
My {n}: {v}.
{n} {v}
{n}: {v}, thanks
{n}={v}
here's my {n}\\n{v}
The {n} I have on file is {v}, is that right?
{n} no. {v}
{n} number is {v} and I need it changed
({n}: {v})
Customer gave {n} #{v} on the call.
I need to update my {n} to {v} please
"{n}": "{v}"
{n} - {v}
What do you need? My {n}? It's {v}.
"""

URLS = """
clone {v} and run make
I get 401 from {v}, why?
DATABASE_URL={v}
connect with `{v}` please
<{v}>
The old one was {v}.
url: "{v}"
curl -s {v} | jq .
See {v}, then restart.
utilise {v} pour te connecter
Nutze bitte {v} als Adresse!
git remote add origin {v}
{v}
"""

KEYS = """
my key is {v}
Authorization: Bearer {v}
export API_KEY={v}
why does {v} give 403?
"apiKey": "{v}",
I accidentally pasted {v} in the repo.
{v}
use this one: {v}, it expires tomorrow
curl -H "X-Api-Key: {v}" https://api.example.com
client = Client("{v}")
Mein Schlüssel ist {v}.
token: {v}\\nregion: eu-west-1
The bot says ({v}) is invalid!
"""

PASSWORDS = """
password: {v}
My password is {v}
pwd={v}
the wifi password is {v}, thanks
login anna / pass: {v}
Passwort: {v}
mein passwort ist {v}
mot de passe : {v}
La contraseña es {v}
la mia password è {v}
minha senha é {v}
Wachtwoord: {v}
"password": "{v}"
I changed my password to {v}
mysql -u root --password={v}
username: anna password: {v}
My passphrase is "{v}"
пароль: {v}
DB_PASSWORD='{v}'
"""

PINS = """
my PIN is {v}
PIN: {v}
the pin code is {v}
My pin number is {v} and it does not work
your one-time code is {v}
OTP: {v}
verification code {v}
The security code they texted me is {v}
Meine PIN lautet {v}
2FA code: {v}
code PIN : {v}
I typed my PIN ({v}) three times
mi PIN es {v}
Your passcode is {v}.
"""

CVVS = """
CVV {v}
cvv: {v}
cvc is {v}
The CVV on the back is {v}
security code {v}
CVC2: {v}
cvv number is {v}
exp 09/27 cvv {v}
card verification code: {v}
Prüfziffer der Karte (CVC) {v}
(CVV={v})
its cvc code is {v} ok
"""

TOKENS = """
client_secret: {v}
API_SECRET={v}
access_token={v}
the token is {v}
"secret": "{v}"
my api key is {v}
aws_secret_access_key = {v}
Authorization: Bearer {v}
session token: {v}
SECRET_KEY='{v}'
private key {v}
x-auth-token: {v}
AccountKey={v}
refresh token {v}
"""

BIRTH_NUMBERS = BIRTH_ENGLISH = """
I was born on {v}
DOB: {v}
date of birth {v}
My date of birth is {v}.
my birthday is {v}
d.o.b. {v}
Patient born {v}, allergic to nuts
birth date: {v}
"birthdate": "{v}"
My daughter was born {v}
DOB - {v}, postcode to follow
Yes, my birthday's {v}
birthdate {v} please check
D.O.B:\\n{v}
"""

NAMES_FULL = """
My name is {v}.
my name's {v}
Hi, I'm {v} and I need help
This is {v} speaking.
Hello, this is {v} from accounting
Name: {v}
The booking is under the name {v}.
Please book a table for two under {v}
Full name: {v}
Best regards,\\n{v}
Thanks!\\n\\n{v}
Sincerely, {v}
I spoke to {v} yesterday
Could I talk to Dr. {v}?
Mr. {v} will pick it up
Please ask for Mrs {v}
Ms {v} called again.
My husband {v} booked it
my manager {v} approved it
Ich heiße {v}.
Mein Name ist {v}
Je m'appelle {v}
Me llamo {v}
Mi chiamo {v}
Meu nome é {v}
Mijn naam is {v}
Meine Kollegin {v} hat angerufen.
passenger: {v}
Cardholder name {v}
It was signed by {v} last week
Sehr geehrte Frau {v},
Hi {v}, how can I help you today?
Thank you for calling, {v}.
You can call me {v}
account holder: {v}
Deliver it to {v} please
Can you tell {v} that I'm late?
the name is {v}, thanks
Patient: {v}
"""

NAMES_FIRST = """
my name is {v}
I'm {v}, nice to meet you
Hi {v}, thanks for waiting.
Dear {v},
call me {v}
My wife {v} is allergic
Regards,\\n{v}
my son {v} lost his ticket
Hello, {v} here
Thanks, {v}!
This is {v}.
je suis {v}
ich bin {v}
Name is {v}
"""

NAMES_LAST = """
Mr {v} is waiting
Dear Mrs. {v},
I have an appointment with Dr {v}
Herr {v} hat angerufen
Frau {v} ist krank
Señor {v} no está
Madame {v} vous attend
Prof. {v} teaches it
Please transfer me to Ms. {v}
Miss {v} said so
last name: {v}
Surname {v}
my surname is {v}
Sir {v} signed it
"""

NAMES_LOW = """
my name is {v}
name: {v}
hi my name is {v} and i need a taxi
this is {v} speaking
full name {v}
the name is {v}
i am {v}, i booked a room
under the name {v} please
put it under {v}
my name's {v}.
customer name: {v}
name is {v} thanks
"""

HOMES = """
I live at {v}
My address is {v}.
Ship it to {v}, please
delivery address: {v}
Please send the parcel to:\\n{v}
{v}
We moved from {v} last week.
address - {v}
Can a taxi pick me up at {v}?
Meine Adresse: {v}
J'habite au {v}
Vivo en {v}
The new office ({v}) opens soon.
billing address {v} thanks
I'm at {v} right now
"""

PLACES = """
I'm at {v}
{v}
my location is {v}
Location: {v}
coordinates {v} please
Pick me up here: {v}.
GPS says {v}
The car broke down at {v}, send help
Position ({v})
Wir sind bei {v}
Estoy en {v}
meet me:\\n{v}\\nat noon
"""

CALLS = """
Call me on {v}
my number is {v}.
{v}
Tel: {v}
phone {v}
You can reach me at {v} after six
Telefon: {v}
mon numéro : {v}
mi teléfono es {v}
text {v} when you arrive
mobile - {v}
It's {v}, thanks
Ruf mich an: {v}
WhatsApp {v} please
Fax {v}
(cell {v})
contact: anna, {v}
tel.{v}
il mio numero è {v}
phone number:\\n{v}
"""

PASSPORTS = """
passport number {v}
My passport is {v}
Passport no: {v}
passport #{v}
passport no. {v}, expires 2031
Reisepass {v}
Reisepassnummer: {v}
numéro de passeport {v}
pasaporte: {v}
pasaporte número {v}
my passport number's {v}
"passport_number": "{v}"
Passport ({v}) was stolen
numero di passaporto {v}
"""

LICENCES = """
driving licence {v}
My driver's license number is {v}
Driver License: {v}
drivers license no. {v}
DL# {v}
license number {v}, state CA
driving licence no: {v}
Führerschein {v}
Führerscheinnummer: {v}
permis de conduire {v}
carnet de conducir {v}
my licence number is {v}
patente di guida {v}
"driver_license": "{v}"
"""

SPANISH_BIRTH = "Nací el {v}|fecha de nacimiento: {v}|mi fecha de nacimiento es {v}|nacida el {v}"
FRENCH_BIRTH = (
    "né le {v}|Je suis née le {v}|date de naissance : {v}|ma date de naissance est le {v}"
)
GERMAN_BIRTH = (
    "geboren am {v}|Geburtsdatum: {v}|Ich bin am {v} geboren|geb. {v}|Mein Geburtstag ist der {v}"
)
OTHER_BIRTH = {
    "italian": "nato il {v}|Sono nata il {v}|data di nascita: {v}",
    "portuguese": "nasci em {v}|data de nascimento: {v}|nascido em {v}",
    "dutch": "geboren op {v}|geboortedatum: {v}|mijn geboortedatum is {v}",
}
