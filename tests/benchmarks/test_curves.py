"""The work of a step is counted as by hand, and a curve that falls is said to fall."""

import pytest
import torch

from benchmarks.curves import BoardRow, StepRow, falls, growth, measure, measure_board, state_of, step_flop, table

WIDTH, LATENT = 20, 7
# DCGAN at 8x8, by hand, in multiplications and additions an image: one linear map and one convolution in each player
G_FIRST = LATENT * 16 * WIDTH  # z to 4x4
D_LAST = 16 * WIDTH  # 4x4 to a logit
HALVE = 16 * 16 * WIDTH  # 4x4 pixels, a kernel of 4x4, one colour
DOUBLE = 25 * 4 * 4 * WIDTH  # as gan_core does it on a CPU: 5x5 windows of 2x2 pixels, each giving 4 pixels


def test_flop_of_a_step_by_hand() -> None:
    d_update = (G_FIRST + DOUBLE) + 2 * (HALVE + D_LAST) + 2 * (HALVE + 2 * D_LAST)  # images need no gradient
    through_d = (HALVE + D_LAST) + (DOUBLE + D_LAST)  # forwards; back to the image, weights standing still
    g_update = (G_FIRST + DOUBLE) + through_d + (HALVE + HALVE + G_FIRST)  # z needs no gradient
    state = state_of({"image_size": 8, "width": WIDTH, "latent_dim": LATENT, "batch_size": 4})
    assert step_flop(state) == 4 * 2 * (d_update + g_update)


def test_measured_rows() -> None:
    threads = torch.get_num_threads()
    try:
        rows = measure(0.01, 1, batches=(2, 8), widths=(4,), sizes=((9, 8),))
    finally:
        torch.set_num_threads(threads)
    assert [(row.grows, row.value, row.batch) for row in rows] == [
        ("batch", "2", 2),
        ("batch", "8", 8),
        ("width", "4", 16),
        ("image", "9x8", 16),
    ]
    assert rows[0].mflop_an_image == pytest.approx(rows[1].mflop_an_image)
    assert all(row.seconds > 0 for row in rows)
    assert rows[1].ms_an_image < rows[0].ms_an_image  # what a step costs whatever its batch is spread over more
    assert "| 8 |" in table(rows)


def test_a_curve_that_falls() -> None:
    rows = [StepRow("batch", str(n), n, seconds, n * 1e9) for n, seconds in ((1, 1.0), (2, 1.0), (4, 2.2), (8, 8.0))]
    assert [(row.value, share) for row, share in falls(rows)] == [("8", pytest.approx(0.5))]
    assert falls(rows[:3]) == []
    assert "reached" in table(rows[:3])
    assert "not reached: GFLOP/s fall by 50% at 8." in table(rows)


def test_leaderboards_that_grow() -> None:
    rows = [BoardRow(10, 1.0, 1.0, 200), BoardRow(110, 1.2, 1.1, 200), BoardRow(1010, 3.0, 3.0, 200)]
    assert growth(rows) == [pytest.approx((2, 1)), pytest.approx((2, 2))]
    assert "from 110 to 1,010 trials: × 1.00 at first, × 2.00 again: not reached." in table(rows)


def test_a_leaderboard_is_timed() -> None:
    row = measure_board(20)
    assert row.trials == 20
    assert row.first_s > 0.1
    assert row.again_s > 0.1
    assert row.mib > 50
