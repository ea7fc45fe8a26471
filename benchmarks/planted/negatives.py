"""What looks like personal data and is none: every line of it must stay as it is.

Order 4111-2222-3333-4445 is on its way.        Will may mark it in May.
"""

NUMBERS = """
Order 4111 1111 1111 1112 is on its way.
The tracking number is 1Z999AA10123456784.
ISBN 978-3-16-148410-0 is out of print.
Invoice INV-2024-000123 over 1,234.56 EUR
That makes $1,299.00, or £1,020.50 with tax.
Ticket #483920 was closed.
Flight LH 1234 leaves at 17:45 from gate B22.
Room 1204, floor 12, from 14:00 to 16:30.
We sold 12345678901 units in 2023.
Population: 83,190,556
The total is 123456789 points.
SKU 555-1234-77 is back in stock
The part number is 90210-1234-A
Confirmation code XK7Q2P
It costs 1 234 567,89 Kč.
The EAN is 4006381333931.
Bug 1234567890123 was filed
score 3-2, 6-4, 7-6
5 x 4 x 3 = 60
Pi is 3.14159265358979
from 1995 to 2005, 10 years
between 10-12 and 14-16
1000 2000 3000 4000
call extension 12
Dial 911 in an emergency.
Windows 10.0.19045 build 22H2
Python 3.11.4 and numpy 1.26.0
version 1.2.3.4.5 of the driver
I need 2 tickets for 12.50 each
Serial 00-11-22-33
GB is short for gigabyte, DE for Germany.
IBAN GB00 WEST 1234 5698 7654 33 has a typo in it
The bus 529 982 leaves at 24:7
Error 0x80070005 at line 120
unix time 1700000000
The meter reads 045678.
It weighs 72.5 kg and is 180 cm tall.
zip file of 4096 bytes, 65535 ports
3 adults, 2 children, 1 infant, 7 nights
ratio 16:9, 1920x1080, 60 Hz
I walked 10000 steps and 7.5 km
the average was 4.85 out of 5 (12,345 reviews)
ref 2024/03/15-00012
Section 12.3.4.1 of the manual
""".strip().splitlines()

TIMES = """
The concert is on 12 March 2025.
Check in 2024-05-01, check out 2024-05-08.
My appointment is 03/04/2024 at 10:30.
The company was founded on 1 April 1976.
It expires 12/27.
The war ended on May 8, 1945.
See you on the 21st!
Ich komme am 12.03.2025 um 8 Uhr.
born to be wild, 1968
The warranty started on 2022-01-31.
The show runs from 7 June to 9 June.
12:34:56 is a nice time
She was born in Ohio.
A birthday cake for 8 March please
The film was released 25 May 1977.
We open Mon-Fri 09:00-17:30
""".strip().splitlines()

WORDS = """
Will you come in May?
Mark the date and bill it later.
I will be frank with you.
Grace period ends in June.
Hope to see you in Paris or Berlin.
Please mark it as read, may I?
My order is late and I am angry.
I'm Canadian and I am tired.
This is Amazing, thank you!
Hi there, I'm looking for a hotel.
Dear customer, your parcel is late.
Dear Sir or Madam,
Best regards, the support team
Thanks, bye!
The Madonna concert in San Diego
Apple, Amazon and Ford rose today.
Chase is a bank and Wells Fargo too.
Jack Daniel's and Dr Pepper, please.
St. Patrick's Day is on Sunday.
I'd like a table at Olive Garden.
my name is spelled wrong on the ticket
the name is too long for the field
My name is not on the list
I'm sure he is rich.
Rose wine or a daisy?
I'm Happy with it
Santa Fe, Santa Cruz and Los Angeles
In the play Romeo and Juliet die.
Victoria station is on the Circle line
My brother is ill, and my manager said no.
I spoke to support yesterday.
Mr. Right never calls.
ask for help
You can call me anytime.
this is wrong
Ich bin müde und heiße Suppe mag ich.
Je suis fatigué, merci.
Christian music, a Jordan shoe, a Lincoln car
The Great Gatsby is a book.
Play Hotel California by Eagles.
Thanks, Great service!
the manager Said no
Hi Team, Thank you for calling.
passenger: adult
name: required
""".strip().splitlines()

PLACES = """
I live on the second floor.
123 is my favorite number, Street food too
The highway 101 is closed.
Where is Main Street?
Take 2 left turns, then the third street on the right.
Berlin has 12 districts.
I need 5 roses for the way.
Room 12 Court side view
4 way stop, 3 lane road
We want 2 tickets for Abbey Road
There are 20 parks in the city.
Terminal 3, gate 12
10 drive-through orders
the 5 star place
Give me 30 minutes by road.
bei 20 Grad, 3 Uhr
the ratio was 12.5, 13.4
It moved from 12.34 to 13.37 percent.
lat is short for latte, 2 of them
30° C and 40° F
Route 66, mile 12
I came in 1st, she 2nd Avenue or not
""".strip().splitlines()

MACHINES = """
Follow @anna_k on the network.
meet me @ noon, 5 @ 3 dollars
See https://example.com/user:name/page for help.
http://localhost:8080/admin?user=anna
the URL is www.example.org/a@b
127.0.0 is too short and 300.1.2.3 too high
It is 10:20:30 now, and 11::12 is odd.
std::vector and a::b in C++
fa:ce is short, 12:34 too
commit da39a3e5e6b4b0d3255bfef95601890afd80709
sha256 of the file does not match
The password is wrong.
I forgot my password, please reset it
what is a PIN?
My password must have 8 characters
password: required
Your token is valid for 10 minutes
the secret of success is work
enter the code below
the key is on the table
sk-learn and hf-hub are packages
the class name is AbstractSingletonProxyFactoryBean
uuid of the item: not known
Press the F5 key, please
passwords are hard
pin it to the wall
the code 404 means not found
area code 212 is New York
my passport is lost
I need a new passport by 2025
the passport office opens at 9
My driving licence expired in 2020
licence plates cost 30
PIN is required at 18:00
promo code SAVE20
discount code: SUMMER2024
""".strip().splitlines()

NEGATIVES = {
    "numbers": tuple(NUMBERS),
    "times": tuple(TIMES),
    "words": tuple(WORDS),
    "places": tuple(PLACES),
    "machines": tuple(MACHINES),
}
