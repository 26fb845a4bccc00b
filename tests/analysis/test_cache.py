from secondtake.analysis.cache import Cache, code_version


def test_made_once_for_the_same_and_again_for_another(tmp_path):
    calls = []

    def make() -> bytes:
        calls.append(1)
        return b"made"

    cache = Cache(tmp_path)
    assert cache.bytes_of("plot", ["a"], make) == cache.bytes_of("plot", ["a"], make) == b"made"
    assert len(calls) == 1
    assert cache.holds("plot", ["a"])
    assert not cache.holds("plot", ["b"])
    cache.bytes_of("plot", ["b"], make)
    cache.bytes_of("naive", ["a"], make)
    assert len(calls) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_entry_is_made_again(tmp_path):
    cache = Cache(tmp_path)
    cache.bytes_of("plot", ["a"], lambda: b"made")
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:-1] + b"E", b"M" + whole[1:]):
        path.write_bytes(damaged)
        assert not cache.holds("plot", ["a"])
        assert cache.bytes_of("plot", ["a"], lambda: b"made") == b"made"
        assert path.read_bytes() == whole


def test_the_code_has_one_version():
    assert code_version() == code_version()
    assert len(code_version()) == 64
