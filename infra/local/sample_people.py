"""The names the sample workbook is made of. Nobody here exists."""

from __future__ import annotations

from typing import Final


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.replace("\n", " ").split(",")]


FIRST: Final = _names(
    """
Aaron, Abigail, Adam, Adriana, Aisha, Alan, Alejandro, Alexander, Alice, Alicia, Allison, Amanda, Amber, Amy, Ana,
Andrea, Andrew, Angela, Anita, Anthony, Antonio, Ariel, Arjun, Ashley, Barbara, Beatriz, Benjamin, Bernard, Beth,
Brandon, Brenda, Brian, Bridget, Bruce, Caleb, Camila, Carlos, Carol, Caroline, Catherine, Cesar, Charles, Chloe,
Christina, Christopher, Clara, Colin, Connor, Craig, Cynthia, Daniel, Danielle, David, Deborah, Dennis, Diana,
Diego, Donald, Donna, Dorothy, Douglas, Edward, Eileen, Elena, Eli, Elizabeth, Emily, Emma, Eric, Erin, Esther,
Ethan, Eva, Evelyn, Felix, Fernando, Frances, Francis, Frank, Gabriel, Gabriela, George, Gerald, Gloria, Grace,
Graham, Gregory, Guadalupe, Hannah, Harold, Heather, Hector, Helen, Henry, Hiroshi, Holly, Ian, Imani, Irene, Isaac,
Isabella, Ivan, Jack, Jacob, Jacqueline, Jamal, James, Jamie, Janet, Jason, Javier, Jeffrey, Jennifer, Jeremy,
Jessica, Joan, Joaquin, Joel, Jonah, Jonathan, Jordan, Jorge, Joseph, Joshua, Joy, Juan, Judith, Julia, Justin, Kai,
Karen, Katherine, Kathleen, Keisha, Keith, Kelly, Kenneth, Kevin, Kimberly, Kristen, Kyle, Lakshmi, Larry, Laura,
Lauren, Lawrence, Leah, Leon, Leslie, Linda, Lisa, Logan, Lucas, Lucia, Luis, Luke, Lydia, Madeline, Malik, Manuel,
Marcus, Margaret, Maria, Marisol, Mark, Martha, Martin, Mary, Mateo, Matthew, Megan, Mei, Melissa, Michael,
Michelle, Miguel, Min-jun, Miranda, Mohammed, Monica, Nadia, Nancy, Naomi, Natalie, Nathan, Nicholas, Nicole, Nina,
Noah, Nora, Olivia, Omar, Oscar, Owen, Pamela, Patricia, Patrick, Paul, Pedro, Peter, Philip, Priscilla, Rachel,
Rafael, Ralph, Ramona, Raymond, Rebecca, Ricardo, Richard, Robert, Robin, Rodrigo, Roger, Ronald, Rosa, Ruth, Ryan,
Sabrina, Samantha, Samuel, Sandra, Sarah, Scott, Sean, Selena, Sharon, Shawn, Sierra, Simon, Sofia, Sonia, Stanley,
Stephanie, Stephen, Steven, Susan, Svetlana, Tamara, Tanya, Teresa, Theodore, Thomas, Timothy, Tina, Tomas, Tracy,
Trevor, Troy, Valerie, Vanessa, Vera, Veronica, Victor, Victoria, Vincent, Virginia, Walter, Wanda, Warren, Wei,
Wendy, William, Xavier, Yolanda, Yusuf, Zachary, Zoë
"""
)

LAST: Final = _names(
    """
Abbott, Acosta, Adeyemi, Aguilar, Ahmed, Albright, Alvarez, Andersen, Arroyo, Ashford, Avila, Bains, Baldwin,
Barrera, Barton, Bauer, Beaumont, Becker, Benítez, Bergström, Bianchi, Blackwood, Blanchard, Bonilla, Booker,
Bowden, Brannigan, Bridges, Brooks, Buchanan, Burgess, Caldwell, Callahan, Cárdenas, Carlisle, Carmichael,
Castellanos, Cervantes, Chambers, Chandler, Chatterjee, Chavez, Chen, Chowdhury, Christensen, Cisneros, Clayton,
Coleman, Conway, Cordero, Crawford, Cunningham, Dalton, D'Angelo, Davenport, Dávila, Delacroix, Delgado, Desai,
Dickerson, Dominguez, Donnelly, Doyle, Drummond, Dunlap, Eastwood, Eklund, Elliott, Ellison, English, Escobar,
Espinoza, Everett, Faulkner, Ferreira, Figueroa, Finnegan, Fischer, Fitzgerald, Fleming, Fontaine, Forsythe, Fowler,
Franklin, Fuentes, Gallagher, Galvan, Garrison, Gautier, Ghosh, Gillespie, Goldberg, González, Goodwin, Grady,
Graves, Griffith, Guerrero, Gupta, Gustafson, Hadley, Halloran, Hammond, Hancock, Haraldsen, Harmon, Hathaway,
Hendricks, Hernández, Herrera, Hidalgo, Hoffman, Holloway, Horvath, Houston, Huang, Hutchinson, Ibarra, Ingram,
Ishikawa, Jacobsen, Jansen, Jefferson, Jiménez, Johansson, Kapoor, Kaufman, Keating, Kelleher, Kemp, Kessler, Khan,
Kim, Kowalczyk, Kramer, Lambert, Landry, Langford, Larkin, Lawson, Lehmann, Leone, Lindqvist, Locke, Lombardi,
Lozano, Lund, Macdonald, MacLeod, Maddox, Maldonado, Marchetti, Mariscal, Marlowe, Mayo, McAllister, McCarthy,
McKenzie, McMillan, Medina, Mehta, Mendoza, Mercado, Middleton, Montoya, Moreau, Moreno, Morrissey, Müller, Muñoz,
Murphy, Nakamura, Navarro, Nguyen, Nielsen, Novak, Núñez, O'Brien, Ocampo, O'Connor, Okafor, Oliveira, Ortega,
Osborne, Pacheco, Palmer, Papadakis, Park, Patel, Pearson, Pedersen, Peña, Pereira, Petrov, Pham, Pickett, Pineda,
Portillo, Prescott, Quigley, Quintero, Ramsey, Rasmussen, Reeves, Reyes, Richter, Ríos, Robertson, Rossi, Rousseau,
Ruiz, Rutherford, Saavedra, Salazar, Sandoval, Santiago, Schneider, Schultz, Sepúlveda, Serrano, Shaw, Sheridan,
Silva, Sinclair, Singh, Solís, Somerville, Sorensen, Soto, Stafford, Stanton, Stein, Sterling, Suárez, Sullivan,
Sutherland, Szczepański, Takahashi, Tanaka, Thornton, Tran, Trujillo, Underwood, Valdez, Vance, Vargas, Vaughn,
Velasco, Villanueva, Vogel, Wadsworth, Walsh, Wang, Watanabe, Webster, Weiss, Whitaker, Whitfield, Whitney, Wilkins,
Winslow, Wójcik, Wong, Woodward, Xiong, Yang, Yates, Yilmaz, Zamora, Zhang, Ziegler, Zimmerman, de la Rosa, De La
Cruz, Von Trapp, St. James, Van Dyke
"""
)

STREETS: Final = _names(
    """
Acacia, Adobe, Alder, Alpine, Amber, Applewood, Arroyo, Ashbrook, Aspen, Autumn, Azalea, Baker, Bayberry, Beacon,
Beechwood, Birchwood, Bluebonnet, Bluff, Boulder, Bradford, Briar, Bridle, Brookside, Buckeye, Buena Vista,
Buttonwood, Cactus, Cambridge, Canary, Canterbury, Canyon, Cardinal, Carmel, Cedar, Cherry, Chestnut, Church,
Cimarron, Clearwater, Clover, Cobblestone, Colonial, Copper, Coral, Cottonwood, Country Club, Coyote, Cranberry,
Crescent, Crestview, Curry, Cypress, Daffodil, Dawn, Deer Run, Desert Willow, Dogwood, Dove, Eagle, Eastwind, Ebony,
Elderberry, Elkhorn, Elm, Emerald, Encino, Evergreen, Fairview, Falcon, Fern, Fieldstone, Fir, Flint, Fox Hollow,
Foxglove, Garnet, Glacier, Glenwood, Golden Gate, Granite, Greenbriar, Grove, Hacienda, Harbor, Harvest, Hawthorn,
Hazel, Heather, Heron, Hickory, Highland, Holly, Honeysuckle, Horizon, Hummingbird, Indigo, Ironwood, Ivy, Jasmine,
Juniper, Kingfisher, Kingston, Lantana, Larkspur, Laurel, Lavender, Liberty, Lilac, Linden, Live Oak, Locust,
Longview, Lupine, Magnolia, Main, Manzanita, Maple, Marigold, Mariposa, Meadow, Mesa, Mesquite, Millbrook, Mimosa,
Mission, Mockingbird, Monarch, Morning Glory, Mulberry, Mustang, Myrtle, Nighthawk, Nutmeg, Oak, Ocotillo, Olive,
Orange, Orchard, Oriole, Osprey, Palm, Palo Verde, Paradise, Pebble, Pecan, Peregrine, Periwinkle, Persimmon,
Pinecrest, Pinyon, Ponderosa, Poplar, Poppy, Prairie, Primrose, Quail, Quartz, Rainbow, Redbud, Redwood, Ridgeway,
River, Robin, Rosewood, Sage, Sagebrush, Saguaro, Saint Andrews, San Pedro, Sandalwood, Sandpiper, Santa Fe,
Sequoia, Shady, Sierra, Silver Spring, Sparrow, Spruce, Starling, Stonebridge, Sugar Pine, Sunflower, Sunset,
Sweetwater, Sycamore, Tamarack, Tangerine, Teal, Thistle, Timber, Topaz, Trailhead, Tulip, Turquoise, Valley View,
Verbena, Violet, Walnut, Water Oak, Westwind, Wildflower, Willow, Windmill, Winterberry, Wisteria, Woodland, Wren,
Yarrow, Yucca, Zinnia
"""
)

STREET_TYPES: Final = (
    "St",
    "Street",
    "Ave",
    "Avenue",
    "Dr",
    "Drive",
    "Ln",
    "Lane",
    "Ct",
    "Court",
    "Rd",
    "Road",
    "Way",
    "Pl",
    "Blvd",
    "Cir",
)

# City, state, first three digits of its ZIPs, area code.
CITIES: Final = tuple(
    tuple(line.split("|"))
    for line in _names(
        """
Phoenix|AZ|850|602, Glendale|AZ|853|623, Mesa|AZ|852|480, Tucson|AZ|857|520, Fresno|CA|937|559,
Bakersfield|CA|933|661, Riverside|CA|925|951, Santa Cruz|CA|950|831, Redwood City|CA|940|650,
Long Beach|CA|908|562, Berkeley|CA|947|510, Arvada|CO|800|303, Pueblo|CO|810|719, Hartford|CT|061|860,
Tampa|FL|336|813, Panama City|FL|324|850, Peoria|IL|616|309, Worcester|MA|016|508, Lawrence|MA|018|978,
Frederick|MD|217|301, Raleigh|NC|276|919, Camden|NJ|081|856, Trenton|NJ|086|609, Albuquerque|NM|871|505,
Las Vegas|NV|891|702, Reno|NV|895|775, Buffalo|NY|142|716, Scranton|PA|185|570, Columbia|SC|292|803,
El Paso|TX|799|915, San Antonio|TX|782|210, Houston|TX|770|713, Provo|UT|846|801, Richmond|VA|232|804
        """
    )
)

ORIGINAL: Final = (
    "IP - Luxor Energy Inc",
    "North Valley LLC",
    "IP - Cinder Cone Energy",
    "IP- Halfmoon Solar LLC",
    "Blue Heron Solar LLC",
    "Cedar Gap Electric",
    "Copper Kettle Energy",
    "Dune & Sky Renewables Inc.",
    "First Light Roofing & Solar",
    "Great Basin Sunworks",
    "Juniper Ridge Solar",
    "Keystone Daylight PV",
    "Long Meadow Energy LLC",
    "Marigold Solar Partners",
    "Open Range Electric",
    "Red Canyon Solar Inc.",
)

UNLISTED: Final = (
    "LGCY Power LLC",
    "Empower Energy Solutions LLC",
    "Flagship Electric Co.",
    "Luxor Roofing & Solar",
    "Northern Valley Solar Inc.",
    "Quiet Harbor Solar LLC",
    "Stonepine Construction",
    "Tall Grass Electric Inc.",
)

NOTES: Final = (
    "Awaiting utility",
    "Inspection failed once",
    "MPU needed",
    "Panels on site",
    "Permit sent again",
    "Prefers text messages",
    "Roof work first",
    "Speaks Spanish",
    "Do not call before 10am",
)
