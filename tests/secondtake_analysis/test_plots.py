import io

import matplotlib.image
import numpy as np

from secondtake_analysis.noise import as_audio
from secondtake_analysis.plots import draw, picture


def test_the_same_sounds_are_the_same_bytes_without_a_date_or_a_version(sounds):
    left = as_audio(sounds.clicks(120, 3), 22_050)
    right = as_audio(np.stack([sounds.sine(440, 5, rate=24_000)] * 2, axis=1), 24_000)

    def drawn() -> bytes:
        return draw([picture(left, "left $x$ & ♪"), picture(right, "right")])

    data = drawn()
    assert data == drawn()
    assert b"Software" not in data and b"tIME" not in data and b"atplotlib" not in data
    image = matplotlib.image.imread(io.BytesIO(data))
    assert image.shape == (750, 1200, 4)
    assert image[:, :600].std() > 0.05 and image[:, 600:].std() > 0.05


def test_a_single_recording_is_a_single_column_and_silence_can_be_drawn():
    data = draw([picture(as_audio(np.zeros(22_050, np.float32), 22_050), "silence")])
    assert matplotlib.image.imread(io.BytesIO(data)).shape == (750, 600, 4)


def test_mel_and_chroma_begin_where_the_sound_does(sounds):
    late = np.concatenate([np.zeros(22_050, np.float32), sounds.sine(440, 2)])
    assert abs(picture(as_audio(late, 22_050), "").lead - 1.0) < 0.011
