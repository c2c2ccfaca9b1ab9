"""Which block comes when."""

from __future__ import annotations

from bench.campaign.plan import round_blocks
from bench.presets.rows import SELDOM_ROUNDS, Row

MODELS = ("thread", "process", "asyncio", "uvloop")
ROWS = tuple(Row("sleep", flows, MODELS, 10, 30) for flows in (1, 10, 100, 1000))


def test_the_same_seed_gives_the_same_order() -> None:
    for round_ in range(1, 31):
        assert round_blocks(ROWS, round_, seed=7) == round_blocks(ROWS, round_, seed=7)


def test_another_seed_gives_another_order() -> None:
    assert round_blocks(ROWS, 1, seed=7) != round_blocks(ROWS, 1, seed=8)


def test_an_order_does_not_depend_on_the_rounds_before() -> None:
    """A resumed run goes on as it would have."""
    in_sequence = [round_blocks(ROWS, round_, seed=7) for round_ in range(1, 6)]
    assert round_blocks(ROWS, 5, seed=7) == in_sequence[-1]


def test_blocks_are_shuffled_and_differ_between_rounds() -> None:
    orders = {tuple(block.name for block in round_blocks(ROWS, round_, seed=7)) for round_ in range(1, 31)}
    assert len(orders) > 10  # of 24


def test_models_are_shuffled_inside_each_block_and_differ_between_blocks_and_rounds() -> None:
    orders = {
        tuple(cell.model for cell in block.cells) for round_ in range(1, 31) for block in round_blocks(ROWS, round_, 7)
    }
    assert len(orders) == 24  # all orders of four models turn up in 120 blocks
    first = [tuple(cell.model for cell in block.cells) for block in round_blocks(ROWS, 1, seed=7)]
    assert len(set(first)) > 1


def test_every_model_comes_first_about_as_often() -> None:
    row = Row("sleep", 100, MODELS, 400, 400)
    firsts = [round_blocks([row], round_, seed=7)[0].cells[0].model for round_ in range(1, 401)]
    assert all(60 < firsts.count(model) < 140 for model in MODELS)


def test_a_round_has_every_cell_of_every_row_once() -> None:
    cells = [cell for block in round_blocks(ROWS, 4, seed=7) for cell in block.cells]
    assert sorted(cells) == sorted(cell for row in ROWS for cell in row.cells())


def test_a_block_holds_only_cells_of_its_own_name() -> None:
    null = Row("sleep", 100, MODELS, 3, 3, (("ops", 0),))
    for block in round_blocks((*ROWS, null), 1, seed=7):
        assert {cell.block for cell in block.cells} == {block.name}


def test_seldom_models_are_measured_in_the_first_rounds_only() -> None:
    row = Row("http_get", 1000, MODELS, 10, 30, seldom=("process",))
    for round_ in range(1, 11):
        (block,) = round_blocks([row], round_, seed=7)
        assert ("process" in {cell.model for cell in block.cells}) == (round_ <= SELDOM_ROUNDS)
        assert {"thread", "asyncio", "uvloop"} <= {cell.model for cell in block.cells}


def test_a_block_with_seldom_models_alone_is_left_out_later() -> None:
    row = Row("http_get", 1000, ("process",), 10, 10, seldom=("process",))
    assert round_blocks([row], SELDOM_ROUNDS, seed=7)
    assert round_blocks([row], SELDOM_ROUNDS + 1, seed=7) == []


def test_a_row_must_have_its_least_rounds_may_have_its_most_and_no_more() -> None:
    row = Row("sleep", 100, MODELS, 3, 5)
    blocks = [round_blocks([row], round_, seed=7) for round_ in range(1, 8)]
    assert [[block.required for block in there] for there in blocks] == [[True]] * 3 + [[False]] * 2 + [[]] * 2


def test_rows_that_differ_in_their_models_only_are_one_block() -> None:
    """What is done to a block, such as measuring it again, is then done to all of its cells."""
    rows = (
        Row("park", 100, ("thread",), 2, 2),
        Row("park", 100, ("process",), 1, 1),
        Row("park", 50, ("process",), 1, 1),
    )
    first = {block.name: {cell.model for cell in block.cells} for block in round_blocks(rows, 1, seed=7)}
    assert first == {"park/100": {"thread", "process"}, "park/50": {"process"}}
    (second,) = round_blocks(rows, 2, seed=7)
    assert ([cell.model for cell in second.cells], second.required) == (["thread"], True)
