from tests import fuzz


def test_undamaged_files_can_be_read_and_damaged_ones_do_no_harm(tmp_path):
    graph, seeds, path = fuzz.make_graph(), fuzz.make_seeds(), tmp_path / 'input'
    unreadable = [content for content in seeds if not fuzz.read_input(content, path, graph)]
    assert len(unreadable) <= 1 and all(content.startswith(b'Rar!') for content in unreadable)  # no program for RAR
    readable = [fuzz.read_input(fuzz.make_input(number, 0, seeds), path, graph) for number in range(200)]
    assert 20 < sum(map(bool, readable)) < 180  # some inputs are damaged so little that they can be read
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_seed_gives_the_same_damage():
    seeds = [bytes(range(200)), bytes(100)]
    inputs = [[fuzz.make_input(number, seed, seeds) for number in range(20)] for seed in (0, 0, 1)]
    assert inputs[0] == inputs[1] != inputs[2]
