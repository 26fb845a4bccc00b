"""Lines to sing, written for these measurements: the design set and the test set.

The sketch's voice was chosen and set by what became of the design set alone. Its last 20 lines were
the test set of earlier settings, and too often heard.
"""

from dataclasses import dataclass, fields

from secondtake.models.sketch.score import SketchInput


@dataclass(frozen=True)
class Line:
    """What a song file says of a segment."""

    language: str
    kind: str
    seconds: float
    bpm: float
    meter: str
    key: str
    style: str
    lyrics: str

    @property
    def segment(self) -> SketchInput:
        """The sketch's input; an earlier commit's may have no meter."""
        known = {field.name for field in fields(SketchInput)}
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return SketchInput(**{name: value for name, value in said.items() if name in known})


DESIGN = (
    Line("en", "verse", 12, 92, "4/4", "D minor", "pop, male vocals",
          "I left the kitchen light on, in case you wander home,\n"
          "the kettle sings a tired song and I am all alone."),
    Line("en", "chorus", 10, 120, "4/4", "G major", "rock, female vocals, layered",
          "Hold on to the fire, hold on to the night,\n"
          "we are running with the thunder till the morning light."),
    Line("en", "verse", 14, 75, "4/4", "F major", "slow ballad, piano",
          "There's a letter in the drawer that I never meant to send,\n"
          "every sentence that I started was afraid to find an end."),
    Line("en", "verse", 12, 140, "4/4", "E minor", "trap, male vocals",
          "Counting every dollar that I lost along the way,\n"
          "nobody was calling when I needed them to stay."),
    Line("en", "chorus", 12, 150, "3/4", "C major", "waltz, accordion",
          "Turn me around by the edge of the sea,\n"
          "one more dance, stay here with me."),
    Line("en", "verse", 14, 62, "6/8", "A minor", "folk ballad, acoustic guitar, female vocals",
          "Over the mountain the winter comes down,\n"
          "snow on the chimneys and lamps in the town."),
    Line("en", "chorus", 12, 96, "4/4", "B minor", "reggaeton, male vocals",
          "Baby move closer, the summer is long,\n"
          "everybody in the street is singing our song."),
    Line("en", "bridge", 12, 84, "4/4", "Eb major", "soul, choir",
          "If I fall, will you catch me?\nIf I call, will you come?"),
    Line("en", "verse", 10, 128, "4/4", "C minor", "electronic, female vocals",
          "Silver satellites are blinking in the dark,\n"
          "your voice is like a signal and my heart is like a spark."),
    Line("en", "pre-chorus", 9, 108, "4/4", "A major", "indie rock",
          "And I know that it's over, and I know that it's late,\n"
          "but I keep on believing there's a hole in the gate."),
    Line("en", "verse", 16, 70, "4/4", "G minor", "blues, male vocals",
          "Rain on the window, whiskey on the floor,\n"
          "your brother told me yesterday you don't live here no more."),
    Line("en", "outro", 12, 100, "2/4", "D major", "country, banjo, male vocals",
          "Goodbye to the valley, goodbye to the farm,\n"
          "I carry my guitar beneath my arm."),
    Line("es", "verse", 12, 90, "4/4", "A minor", "pop, voz masculina",
          "Dejé la puerta abierta por si quieres regresar,\n"
          "la casa está vacía y no me puedo acostumbrar."),
    Line("es", "chorus", 12, 96, "4/4", "D minor", "reggaeton, male vocals",
          "Dame tu mano, vamos a bailar,\n"
          "que esta noche nadie nos puede parar."),
    Line("es", "verse", 12, 118, "2/4", "E minor", "tango, bandoneón",
          "En la esquina del barrio me espera un farol,\n"
          "compañero de penas, de vino y de sol."),
    Line("es", "chorus", 12, 102, "4/4", "G major", "cumbia, female vocals, layered",
          "Suena la cumbia cerca del mar,\n"
          "todas las penas se van a olvidar."),
    Line("es", "verse", 15, 68, "4/4", "C major", "slow ballad, piano, female vocals",
          "Guardo tus cartas dentro del cajón,\n"
          "cada palabra me rompe el corazón."),
    Line("es", "verse", 12, 140, "4/4", "F# minor", "trap, 808",
          "Llegamos de abajo con poco dinero,\n"
          "mi madre rezaba por mí el año entero."),
    Line("es", "chorus", 13, 144, "3/4", "F major", "vals criollo, guitarra",
          "Vuelve conmigo a la vieja ciudad,\n"
          "donde dejamos la felicidad."),
    Line("es", "verse", 14, 60, "6/8", "E minor", "balada, guitarra",
          "Baja la lluvia sobre el tejado,\n"
          "sueño contigo, duermes a mi lado."),
    Line("es", "bridge", 11, 126, "4/4", "B minor", "electronic, female vocals",
          "Si me caigo, me levanto otra vez,\n"
          "si me pierdo, tú me llevas después."),
    Line("es", "pre-chorus", 10, 110, "4/4", "A major", "rock",
          "Y no me importa lo que digan de mí,\n"
          "yo cruzo todo el mundo para estar junto a ti."),
    Line("es", "chorus", 10, 128, "4/4", "C minor", "pop, voz femenina",
          "Somos estrellas en la oscuridad,\n"
          "somos el grito de la libertad."),
    Line("es", "outro", 14, 80, "4/4", "Bb major", "bolero, male vocals",
          "Adiós, amigo, me tengo que marchar,\n"
          "otro camino me viene a buscar."),
    Line("en", "verse", 12, 88, "4/4", "E minor", "folk pop, acoustic guitar, male vocals",
          "My father built a wooden boat and painted it in blue,\n"
          "he said the river knows the way to everything that's true."),
    Line("en", "chorus", 10, 124, "4/4", "A major", "pop, female vocals, layered",
          "We could be dancing, we could be free,\n"
          "nobody else is watching, only you and me."),
    Line("en", "verse", 15, 66, "4/4", "D major", "slow ballad, piano, male vocals",
          "I remember every corner of the city where we met,\n"
          "all the promises we whispered are the ones that I regret."),
    Line("en", "verse", 11, 145, "4/4", "G minor", "trap, 808, dark",
          "Walking through the market with a hood above my eyes,\n"
          "people always talking but they never recognize."),
    Line("en", "chorus", 12, 138, "3/4", "F major", "waltz, strings",
          "Dance with me slowly until the night ends,\n"
          "tomorrow we're strangers, tonight we are friends."),
    Line("en", "verse", 14, 64, "6/8", "B minor", "rock ballad, female vocals",
          "Somewhere a candle is burning for me,\n"
          "somewhere a sailor is lost on the sea."),
    Line("en", "bridge", 12, 100, "4/4", "C minor", "soul, dense, choir",
          "Tell me the reason, tell me the truth,\n"
          "where is the courage we had in our youth?"),
    Line("en", "pre-chorus", 9, 112, "4/4", "E major", "rock, electric guitar",
          "There's a storm on the highway, there's a crack in the wall,\n"
          "can you hear me now when I call?"),
    Line("en", "verse", 11, 105, "2/4", "C major", "country, male vocals",
          "The old dog is sleeping beside the front door,\n"
          "my grandmother's singing a song from the war."),
    Line("en", "chorus", 12, 94, "4/4", "F# minor", "reggaeton, female vocals",
          "Give me one summer, give me one chance,\n"
          "the whole world is waiting, come on and dance."),
    Line("es", "verse", 12, 95, "4/4", "D minor", "pop, guitarra, voz masculina",
          "Camino por la calle donde vive mi mujer,\n"
          "las luces se apagaron y no la puedo ver."),
    Line("es", "chorus", 12, 98, "4/4", "A minor", "reggaeton, female vocals, layered",
          "Quédate conmigo hasta el amanecer,\n"
          "todo lo que sueño lo quiero tener."),
    Line("es", "verse", 12, 120, "4/4", "G minor", "tango, bandoneón, violín, voz masculina",
          "Vuelvo a la calle que me vio nacer,\n"
          "veinte años después no la puedo creer."),
    Line("es", "chorus", 11, 104, "4/4", "C major", "cumbia, male vocals",
          "Baila, morena, baila sin parar,\n"
          "que la fiesta apenas va a comenzar."),
    Line("es", "verse", 16, 60, "4/4", "F major", "slow ballad, airy, female vocals",
          "El viento se lleva tu nombre al partir,\n"
          "y yo me pregunto cómo voy a vivir."),
    Line("es", "verse", 11, 142, "4/4", "C# minor", "trap, 808, voz masculina",
          "Nadie me regala lo que tengo que ganar,\n"
          "vengo de la nada y no pienso regresar."),
    Line("es", "chorus", 13, 132, "3/4", "G major", "vals, acordeón",
          "Gira la luna, gira el salón,\n"
          "gira la noche con mi corazón."),
    Line("es", "verse", 14, 66, "6/8", "A minor", "balada, piano",
          "Una paloma llegó a mi ventana,\n"
          "trajo noticias de tierra lejana."),
    Line("es", "pre-chorus", 10, 116, "4/4", "D major", "rock, guitarra eléctrica",
          "Dicen que el tiempo lo cura todo al final,\n"
          "pero esta herida me sigue haciendo mal."),
    Line("es", "bridge", 12, 130, "4/4", "E minor", "electronic, female vocals",
          "Cierra los ojos, escucha mi voz,\n"
          "el mundo se apaga y quedamos los dos."),
)  # fmt: skip

TEST = (
    Line("en", "verse", 12, 86, "4/4", "G major", "folk pop, banjo, male vocals",
          "Mama kept the window open when the trains were going by,\n"
          "she could name them by their whistles, she could tell you where and why."),
    Line("en", "chorus", 11, 122, "4/4", "D major", "pop, female vocals, layered",
          "Throw your hands up to the ceiling, let the music take control,\n"
          "there's a little bit of heaven in the corner of my soul."),
    Line("en", "verse", 15, 68, "4/4", "A minor", "slow ballad, piano, female vocals",
          "Autumn leaves are falling faster than the tears upon my face,\n"
          "someone else has got your number, someone else has got my place."),
    Line("en", "verse", 12, 138, "4/4", "F minor", "trap, 808, male vocals",
          "Started with a dream inside a bedroom with no heat,\n"
          "now I hear my own words playing up and down the street."),
    Line("en", "chorus", 13, 142, "3/4", "Bb major", "waltz, strings, female vocals",
          "Kiss me again under garlands of gold,\n"
          "love is for people who never grow old."),
    Line("en", "verse", 14, 60, "6/8", "D minor", "rock ballad, electric guitar, male vocals",
          "Broken umbrellas and bridges of stone,\n"
          "soldiers in taxis are finding their own."),
    Line("en", "bridge", 12, 90, "4/4", "E major", "soul, organ, female vocals",
          "Maybe I'm foolish, maybe I'm wrong,\n"
          "but I have been quiet for far too long."),
    Line("en", "pre-chorus", 10, 116, "4/4", "C minor", "electronic, male vocals",
          "Every second that passes is bringing us near,\n"
          "can you feel how the temperature rises in here?"),
    Line("en", "outro", 12, 104, "2/4", "F major", "country, acoustic guitar, male vocals",
          "Pack up the wagon and water the mare,\n"
          "tell them in Texas I'll meet them there."),
    Line("en", "chorus", 12, 98, "4/4", "E minor", "reggaeton, male vocals",
          "Girl, don't you worry, the weekend is ours,\n"
          "turn up the speakers and count all the stars."),
    Line("es", "verse", 12, 92, "4/4", "E minor", "pop, piano, voz femenina",
          "Anoche soñé que volabas sobre el jardín,\n"
          "tenías en los dedos olor a jazmín."),
    Line("es", "chorus", 12, 94, "4/4", "B minor", "reggaeton, voz masculina",
          "Mueve la cintura, ven un poco más,\n"
          "sube la temperatura y no mires atrás."),
    Line("es", "verse", 13, 116, "2/4", "A minor", "tango, bandoneón, piano, voz masculina",
          "Viejo almacén de paredes sin color,\n"
          "cuántas mañanas lloré por tu amor."),
    Line("es", "chorus", 12, 100, "4/4", "F major", "cumbia, acordeón, voz femenina",
          "Canta, hermano, canta esta canción,\n"
          "que se alegre toda la población."),
    Line("es", "verse", 16, 64, "4/4", "D major", "slow ballad, strings, male vocals",
          "Nunca te dije lo mucho que sufrí,\n"
          "el día que supe que te perdí."),
    Line("es", "verse", 12, 136, "4/4", "G minor", "trap, 808, dark, voz masculina",
          "Hablan mal de mi familia sin saber,\n"
          "yo trabajo de noche para poder comer."),
    Line("es", "chorus", 13, 138, "3/4", "C major", "vals, guitarra, voz femenina",
          "Llévame lejos, llévame al sur,\n"
          "bajo un inmenso cielo azul."),
    Line("es", "verse", 14, 62, "6/8", "B minor", "balada, guitarra, voz masculina",
          "Los barcos regresan cargados de sal,\n"
          "mi abuela cosía detrás del cristal."),
    Line("es", "pre-chorus", 10, 112, "4/4", "E major", "rock, guitarra eléctrica, voz femenina",
          "Hoy despierto con ganas de gritar,\n"
          "ya nada en la tierra me puede frenar."),
    Line("es", "bridge", 12, 124, "4/4", "C minor", "electronic, voz masculina",
          "Dime si existe algún lugar mejor,\n"
          "fuera del miedo, fuera del dolor."),
)  # fmt: skip
