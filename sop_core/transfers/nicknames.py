"""First names that stand for each other: one family a line, the formal name first."""

from __future__ import annotations

from typing import Final

_FAMILIES: Final = """
alexander alex al sasha xander lex sandy
alexandra alex sandra sandy lexi alexa sasha
abigail abby gail
albert al bert bertie
alfred al fred freddie
andrew andy drew
angela angie
anthony tony ant
antonio tony toni
barbara barb barbie babs
benjamin ben benny benji
bernard bernie
beverly bev
bradley brad
brandon brand
caroline carol carrie
catherine cathy kate katie cate cat
katherine kathy kate katie kat kitty
kathleen kathy kate
charles charlie chuck chas
christina chris tina christy
christine chris tina chrissy
christopher chris topher kit
cynthia cindy
daniel dan danny
danielle dani
david dave davey
deborah debbie deb debra
dennis denny
diana di diane
donald don donny
dorothy dot dottie dolly
douglas doug
edward ed eddie ted ned
edwin ed eddie
eleanor ellie nell nora
elizabeth liz lizzie beth betty eliza lisa betsy libby
emily em emmy
eugene gene
evelyn evie
florence flo
frances fran frannie
francis frank fran
francisco frank paco pancho cisco
franklin frank
frederick fred freddie rick
gabriel gabe
gabriela gabby
gerald jerry gerry
gregory greg
guadalupe lupe
gwendolyn gwen
harold hal harry
heather heath
henry hank harry
ignacio nacho
isabella bella izzy isabel
jacob jake
jacqueline jackie
james jim jimmy jamie
janet jan
jeffrey jeff
jennifer jen jenny
jeremy jerry
jessica jess jessie
jesus chuy
john jack johnny
jonathan jon johnny nathan
jose pepe joe
joseph joe joey
joshua josh
judith judy
julia julie jules
kenneth ken kenny
kimberly kim
kristen kris
lawrence larry
leonard leo len lenny
leslie les
lillian lily
louis lou louie
lucille lucy
madeline maddie
manuel manny
margaret maggie meg peggy marge margie greta
maria mary mari
marjorie marge margie
martin marty
matthew matt matty
maxwell max
megan meg
melissa mel missy
michael mike mickey mick
michelle shelly
miguel mike
mitchell mitch
nancy nan
natalie nat
nathan nate
nathaniel nate nathan nat
nicholas nick nicky
nicole nikki
pamela pam
patricia pat patty tricia trish
patrick pat paddy
peter pete
philip phil
phillip phil
rachel rae
randall randy
raymond ray
rebecca becky becca
richard rick ricky dick rich
robert rob bob bobby robbie bert
roberto rob beto
roger rog
ronald ron ronny
rosemary rose rosie
russell russ
samantha sam sammy
samuel sam sammy
sandra sandy
sharon shari
stanley stan
stephanie steph
stephen steve
steven steve
susan sue susie suzy
suzanne sue suzy
tamara tammy
terence terry
teresa terry tess
theresa terry tess
theodore ted teddy theo
thomas tom tommy
timothy tim timmy
valerie val
veronica ronnie
victor vic
victoria vicky tori
vincent vince vinny
virginia ginny
walter walt wally
wendell wendy
william bill will billy liam willy
zachary zach zack
"""


def _relatives() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _FAMILIES.strip().splitlines():
        formal, *short = line.split()
        for name in short:
            found.setdefault(name, set()).add(formal)
            found.setdefault(formal, set()).add(name)
    return {name: frozenset(others) for name, others in found.items()}


RELATIVES: Final = _relatives()
