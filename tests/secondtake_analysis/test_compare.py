from secondtake_analysis.compare import compare
from secondtake_analysis.noise import pink_features


def test_the_same_recording_is_close_in_everything_and_noise_in_nothing(features, sounds):
    music = features(sounds.clicks(120, 12) + sounds.cadence(60, 12))
    same = {one.name: one for one in compare(music, music, pink_features(), mark=music)}
    assert same["tempo"].value == 1.0
    assert same["key"].value == 1.0
    assert same["loudness"].value == 0.0
    assert same["rhythm"].value > 0.9
    noise = {one.name: one for one in compare(music, pink_features(), pink_features())}
    assert noise["tempo"].value is None
    assert "take undecidable" in noise["tempo"].note
    assert noise["rhythm"].value < 0.2


def test_every_score_has_its_floor_and_ceiling(features, sounds):
    music = features(sounds.clicks(120, 12) + sounds.cadence(60, 12))
    for one in compare(music, music, pink_features()):
        if one.closer_is:
            assert one.floor is not None and one.ceiling is not None, one.name
        else:
            assert one.note, one.name
